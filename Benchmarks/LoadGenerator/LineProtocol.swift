import Contracts

/// A payload as lines of InfluxDB's line protocol, which VictoriaMetrics takes too.
///
/// Made of the payload's own JSON, so that a peer gets the same values: numbers, times and booleans are fields, the
/// texts that name an element of a list are its tags, and so is the number of a core.
struct LineProtocol {
    private(set) var text = ""
    /// Fields written.
    private(set) var values = 0

    private let machine: String
    private let milliseconds: Int64

    init(_ payload: JSONValue, machine: String, at: Timestamp) {
        self.machine = machine
        milliseconds = at.milliseconds
        add(payload, measurement: "host")
    }

    private mutating func add(_ value: JSONValue, measurement: String) {
        var tags = ",machine=\(machine)"
        var fields: [String] = []
        var lists: [(String, [JSONValue])] = []
        func visit(_ value: JSONValue, _ name: String) {
            switch value {
            case .bool(let flag): fields.append("\(name)=\(flag ? 1 : 0)")
            case .integer(let number) where name == "core": tags += ",core=\(number)"
            case .integer(let number): fields.append("\(name)=\(number)")
            case .number(let number): fields.append("\(name)=\(number)")
            case .string(let text):
                if let time = Timestamp(text) {
                    fields.append("\(name)=\(time.milliseconds)")
                } else {
                    tags += ",\(name)=\(text)"
                }
            case .array(let elements): lists.append((name, elements))
            case .object(let object):
                for member in object.members {
                    visit(member.value, name.isEmpty ? member.name : "\(name)_\(member.name)")
                }
            case .null: break
            }
        }
        visit(value, "")
        values += fields.count
        text += "\(measurement)\(tags) \(fields.joined(separator: ",")) \(milliseconds)\n"
        for (name, elements) in lists {
            for element in elements { add(element, measurement: name) }
        }
    }
}
