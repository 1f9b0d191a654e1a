import Contracts
import Synchronization
import Transport

/// The header fields of every answer, as Hummingbird writes them too.
final class CommonFields: Sendable {
    /// `Server`.
    static let server = "vigie-hub"

    private let now: @Sendable () -> Timestamp
    private let last = Mutex<(second: Int64, text: String)>((Int64.min, ""))

    init(now: @escaping @Sendable () -> Timestamp) { self.now = now }

    /// `Date`, written once a second.
    var date: String {
        let moment = now()
        let second = moment.milliseconds / 1000
        return last.withLock { last in
            if last.second != second { last = (second, HTTPDate.format(moment)) }
            return last.text
        }
    }
}
