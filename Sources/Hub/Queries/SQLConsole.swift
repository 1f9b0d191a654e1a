import Contracts
import HubAPI
import Synchronization
import Transport

/// `vigie sql`: one `SELECT` of an operator's, on a connection of its own that can only read, sees no secret, and ends
/// by itself.
final class SQLConsole: Sendable {
    struct Limits: Sendable {
        var seconds: Double = 5
        var rows = 10_000
        /// Bytes of values in an answer.
        var answerBytes = 16 << 20
        /// Bytes of one value. Searching in a text is one step, which no deadline stops: this bounds it to half a second.
        var valueBytes = 256 << 10
        /// Bytes that the statement may take from SQLite's heap beyond what is in use when it starts.
        var workingBytes: Int64 = 256 << 20
        /// Statements that run at once; more are told to come again.
        var concurrent = 2
    }

    /// Why there is no answer, in words for the operator.
    struct Failure: Error, Equatable {
        enum Reason: Sendable {
            /// The statement is wrong or refused.
            case refused
            case timedOut
            case busy
        }

        var reason: Reason
        var message: String
    }

    private let path: String
    private let limits: Limits
    private let running = Mutex(0)

    init(path: String, limits: Limits = Limits()) {
        self.path = path
        self.limits = limits
    }

    var rowLimit: Int { limits.rows }

    /// Runs the statement on a thread of its own.
    func run(_ sql: String, rowLimit: Int? = nil) async throws(Failure) -> SQLAnswer {
        let limits = limits
        let isFree = running.withLock { count in
            guard count < limits.concurrent else { return false }
            count += 1
            return true
        }
        guard isFree else {
            throw Failure(
                reason: .busy, message: "\(limits.concurrent) SQL statements are running already; try again in a moment"
            )
        }
        defer { running.withLock { $0 -= 1 } }
        let rows = min(rowLimit ?? limits.rows, limits.rows)
        let path = path
        let result = await DedicatedThread.run { () -> Result<SQLAnswer, Failure> in
            do throws(Failure) {
                let connection = try SQLConsoleConnection(path: path, limits: limits)
                return .success(try connection.run(sql, rows: rows))
            } catch { return .failure(error) }
        }
        return try result.get()
    }
}
