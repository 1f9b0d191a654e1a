import Contracts
import Synchronization
import Transport

/// The `Date` of answers that Hummingbird does not write: made once a second.
final class ResponseDate: Sendable {
    private let now: @Sendable () -> Timestamp
    private let last = Mutex<(second: Int64, text: String)>((Int64.min, ""))

    init(now: @escaping @Sendable () -> Timestamp) { self.now = now }

    var text: String {
        let moment = now()
        let second = moment.milliseconds / 1000
        return last.withLock { last in
            if last.second != second { last = (second, HTTPDate.format(moment)) }
            return last.text
        }
    }
}
