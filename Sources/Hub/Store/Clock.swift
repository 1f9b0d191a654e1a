import Contracts
import Foundation

/// The hub's clock. What must be tested at another time takes a `now` as a parameter.
enum Clock {
    static func now() -> Timestamp { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }
}
