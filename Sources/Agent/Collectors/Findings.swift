import Contracts

/// What a collecting could not find out, and why.
struct Findings {
    private var pointers: Set<String> = []
    private(set) var problems: [Problem] = []

    /// More of them tell nothing new, and would make the envelope of a broken machine a large one.
    private static let problemLimit = 50
    private static let faultLimit = 3

    /// JSON pointers into the payload, sorted.
    var unknown: [String] { pointers.sorted() }

    mutating func unknown(_ pointer: String) { pointers.insert(pointer) }

    mutating func add(_ problem: Problem) {
        if problems.count < Self.problemLimit, !problems.contains(problem) { problems.append(problem) }
    }

    /// A file that is there and could not be read; one that is not there is nothing to speak of.
    mutating func add(_ failure: ReadFailure, unknown pointer: String?) {
        guard !failure.isAbsence else { return }
        if let pointer { unknown(pointer) }
        add(failure.problem())
    }

    mutating func malformed(_ path: String, _ message: String, unknown pointer: String?) {
        if let pointer { unknown(pointer) }
        add(Problem(code: "malformed", severity: "warning", source: path, message: message))
    }

    /// Lines that were passed over.
    mutating func add(_ faults: [LineFault], in path: String, unknown pointer: String?) {
        for fault in faults.prefix(Self.faultLimit) {
            malformed(path, "line \(fault.line): \(fault.message)", unknown: pointer)
        }
        if faults.count > Self.faultLimit {
            malformed(path, "\(faults.count - Self.faultLimit) more lines are malformed", unknown: pointer)
        }
    }

    /// The bytes of a file; nil where it is not there or cannot be read, which is told here.
    mutating func bytes(
        _ host: Host, _ path: String, unknown pointer: String?, limit: Int = Host.defaultLimit
    ) -> [UInt8]? {
        do { return try host.bytes(path, limit: limit) } catch {
            add(error, unknown: pointer)
            return nil
        }
    }

    /// The same as text.
    mutating func text(
        _ host: Host, _ path: String, unknown pointer: String?, limit: Int = Host.defaultLimit
    ) -> String? {
        do { return try host.text(path, limit: limit) } catch {
            add(error, unknown: pointer)
            return nil
        }
    }
}
