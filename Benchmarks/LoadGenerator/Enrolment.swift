import Contracts
import Foundation
import Transport

extension Fleet {
    /// Makes machines known to a hub, some at a time.
    static func enroll(_ count: Int, with token: String, at target: Target) async throws -> Fleet {
        let tokens = (0..<count).map { _ in Fleet.token() }
        let posts = try tokens.enumerated().map { number, machineToken in
            Post(
                path: "/v1/enroll",
                body: try CanonicalJSON.encode(
                    EnrollmentRequest(
                        enrollmentToken: token, machineTokenHash: SHA256.tokenHash(machineToken),
                        hostname: "load-\(number)", agentVersion: Vigie.version)))
        }
        let results = try await Driver(target: target, connections: 32, keepBodies: true).run(posts)
        let enrolled = try results.map { result -> (Int, Machine) in
            guard (200...201).contains(result.status), let document = try? StrictJSON.read(result.body) else {
                throw LoadFailure(
                    "enrolment answered \(result.status): \(String(decoding: result.body.prefix(300), as: UTF8.self))")
            }
            let answer = try JSONTreeDecoder.decode(EnrollmentAnswer.self, from: document.root)
            let boot = Identifier.make(at: Timestamp(seconds: 1_790_000_000)).text
            return (result.index, Machine(token: tokens[result.index], id: answer.machineID, bootID: boot))
        }
        return Fleet(machines: enrolled.sorted { $0.0 < $1.0 }.map(\.1))
    }

    /// Machines that are known already: a file with one JSON object a line, as the harness writes it.
    static func read(_ path: String) throws -> Fleet {
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        return Fleet(
            machines: try lines.map { line in
                try JSONTreeDecoder.decode(Machine.self, from: try StrictJSON.read(Array(line.utf8)).root)
            })
    }
}

extension Fleet.Machine {
    enum CodingKeys: String, CodingKey {
        case token, id, sequence
        case bootID = "boot_id"
    }
}
