import Contracts
import Foundation

extension Fleet {
    /// Every machine posts one snapshot of each kind besides metrics, before the clock starts.
    mutating func post(inventory directory: String, to target: Target) async throws {
        let kinds: [Kind] = [.hardware, .apt, .docker]
        let examples = try kinds.map { kind in
            let path = "\(directory)/\(kind.rawValue)/v1/valid"
            let name = try FileManager.default.contentsOfDirectory(atPath: path).first { $0.contains("everything") }
            guard let name else { throw LoadFailure("no example of everything in \(path)") }
            return try JSONValue.read("\(path)/\(name)")
        }
        let now = Timestamp.current
        let fleet = self
        let posts = try await inParallel(machines.count * kinds.count) { index in
            let (number, kind) = index.quotientAndRemainder(dividingBy: kinds.count)
            return try fleet.seal(
                try CanonicalJSON.encode(examples[kind].naming(machine: number)), kind: kinds[kind], of: number,
                sequence: 1 + kind, collectedAt: now.adding(milliseconds: -60_000), madeAt: now, nextDueSeconds: 86_400)
        }
        let results = try await Driver(target: target, connections: 32, keepBodies: true).run(posts)
        if let refused = results.first(where: { !$0.isAccepted }) {
            let text = String(decoding: refused.body.prefix(500), as: UTF8.self)
            throw LoadFailure("an inventory was answered \(refused.status): \(text)")
        }
        for number in machines.indices { machines[number].sequence = kinds.count }
    }
}

extension JSONValue {
    static func read(_ path: String) throws -> JSONValue {
        try StrictJSON.read(Array(try Data(contentsOf: URL(filePath: path)))).root
    }

    /// The same with a serial number of its own wherever one stands: a fleet is not one machine ten thousand times.
    func naming(machine: Int) -> JSONValue {
        switch self {
        case .object(let object):
            .object(
                JSONObject(
                    object.members.map { member in
                        switch member.name {
                        case "serial": .init(member.name, .string("load-\(machine)"))
                        default: .init(member.name, member.value.naming(machine: machine))
                        }
                    }))
        case .array(let values): .array(values.map { $0.naming(machine: machine) })
        default: self
        }
    }
}
