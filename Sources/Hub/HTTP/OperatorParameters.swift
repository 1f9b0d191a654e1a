import Contracts
import Hummingbird

/// The query part of a question, checked: what is not known, or not possible, is a 400 that says what is.
struct OperatorParameters: Sendable {
    private let values: [String: String]

    /// - Parameter allowed: the names that this route takes.
    init(_ request: Request, allowed: [String]) throws(ProblemResponse) {
        var values: [String: String] = [:]
        for (name, value) in request.uri.queryParameters {
            let name = String(name)
            guard allowed.contains(name) else {
                throw .badRequest(
                    allowed.isEmpty
                        ? "there is no parameter \"\(name)\": this takes none"
                        : "there is no parameter \"\(name)\"; there are \(allowed.joined(separator: ", "))")
            }
            guard values.updateValue(String(value), forKey: name) == nil else {
                throw .badRequest("the parameter \(name) is given twice")
            }
        }
        self.values = values
    }

    func text(_ name: String) -> String? { values[name] }

    func flag(_ name: String) throws(ProblemResponse) -> Bool {
        switch values[name] {
        case nil, "false", "0": return false
        case "true", "1", "": return true
        case .some(let value): throw .badRequest("\(name) is true or false, not \"\(value)\"")
        }
    }

    func choice(_ name: String, of choices: [String]) throws(ProblemResponse) -> String? {
        guard let value = values[name] else { return nil }
        guard choices.contains(value) else {
            throw .badRequest("\(name) is one of \(choices.joined(separator: ", ")), not \"\(value)\"")
        }
        return value
    }

    func integer(_ name: String, in range: ClosedRange<Int>) throws(ProblemResponse) -> Int? {
        guard let value = values[name] else { return nil }
        guard let number = Int(value), range.contains(number) else {
            throw .badRequest(
                "\(name) is a number from \(range.lowerBound) to \(range.upperBound), not \"\(value)\"")
        }
        return number
    }

    /// How many items an answer may have.
    func limit(default standard: Int, maximum: Int) throws(ProblemResponse) -> Int {
        try integer("limit", in: 1...maximum) ?? standard
    }

    func pattern(_ name: String) -> NamePattern { values[name].map { NamePattern($0) } ?? .everything }

    /// A moment, or a time before now; `Moment` says in which forms.
    func since(_ name: String = "since", now: Timestamp) throws(ProblemResponse) -> Timestamp? {
        guard let value = values[name] else { return nil }
        guard let moment = Moment.parse(value, now: now) else {
            throw .badRequest("\(name) is \(Moment.forms), not \"\(value)\"")
        }
        return moment
    }

    /// The same, of what must be over.
    func moment(_ name: String, now: Timestamp) throws(ProblemResponse) -> Timestamp? {
        guard let moment = try since(name, now: now) else { return nil }
        guard moment <= now else { throw .badRequest("\(name), \(moment), is in the future") }
        return moment
    }
}
