import Contracts
import Foundation
import Logging

/// One line on standard error for each message: with systemd's priorities where the journal listens (sd-daemon(3)),
/// with the time elsewhere.
struct StandardErrorLog: LogHandler {
    var logLevel: Logger.Level = .info
    var metadata: Logger.Metadata = [:]
    let forJournal: Bool

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let prefix = forJournal ? "<\(Self.priority(event.level))>" : "\(Clock.now()) \(event.level): "
        // A line is a message: what a sender could have put into one must not look like another.
        let text = "\(event.message)".map { $0.isNewline ? " " : String($0) }.joined()
        let line = Array("\(prefix)\(text)\n".utf8)
        _ = line.withUnsafeBytes { write(2, $0.baseAddress, $0.count) }
    }

    private static func priority(_ level: Logger.Level) -> Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}
