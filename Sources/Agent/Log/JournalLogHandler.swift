import Glibc
import Logging

/// Writes lines to standard error: with the journal's priorities (`<3>…`, sd-daemon(3)) where no person is reading.
struct JournalLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level
    private let hasPriorities: Bool

    init(level: Logger.Level, hasPriorities: Bool) {
        logLevel = level
        self.hasPriorities = hasPriorities
    }

    static func logger(level: Logger.Level, environment: AgentEnvironment) -> Logger {
        let hasPriorities = environment.logsToJournal || isatty(STDERR_FILENO) == 0
        return Logger(label: "vigie-agent") { _ in JournalLogHandler(level: level, hasPriorities: hasPriorities) }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let line = Self.line(
            event.level, "\(event.message)", metadata.merging(event.metadata ?? [:]) { $1 },
            hasPriorities: hasPriorities)
        // One call for a line, so that lines of two threads do not mix.
        var bytes = Array(line.utf8)
        _ = write(STDERR_FILENO, &bytes, bytes.count)
    }

    /// `<4>message key=value`; a line break would begin a line that nobody wrote.
    static func line(
        _ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata, hasPriorities: Bool
    ) -> String {
        let pairs = metadata.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        let text = (message + pairs).split(whereSeparator: \.isNewline).joined(separator: " ")
        return (hasPriorities ? "<\(priority(level))>" : "\(level): ") + text + "\n"
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
