import ArgumentParser
import Contracts
import Foundation

/// Enrols machines and posts their snapshots; prints one line of JSON.
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Enrol machines and post their snapshots.")

    @Argument(help: "An enrolment string with enough uses.") var enrollment: String
    @Option(help: "Machines to play.") var machines = 2000
    @Option(help: "A file of machines that the hub knows already, to play in place of new ones.") var fleet: String?
    @Option(help: "A directory of kinds, as contracts, whose example of everything each machine posts first.")
    var inventory: String?
    @Option(help: "Seconds since the newest snapshot was collected.") var age = 0
    @Option(help: "By how much sequence numbers begin later than a fleet's file says.") var later = 0
    @OptionGroup var load: LoadOptions
    @Option(help: "Where to write the ids of the answered snapshots, one a line.") var answered: String?
    @Option(help: "A file to make when the posting begins.") var started: String?

    func run() async throws {
        let string = try ConnectionString(enrollment, purpose: .enrollment)
        let target = try await Target.hub(of: string)
        var fleet =
            if let path = self.fleet { try Fleet.read(path) } else {
                try await Fleet.enroll(machines, with: string.token, at: target)
            }
        for number in fleet.machines.indices { fleet.machines[number].sequence += later }
        if let inventory { try await fleet.post(inventory: inventory, to: target) }
        let posts = try await fleet.snapshots(load.count, endingAt: .current, age: age)
        if let started { try "".write(toFile: started, atomically: true, encoding: .utf8) }
        let outcome = try await load.run(posts, at: target)
        if let answered { try outcome.results.writeAnswered(of: posts, to: answered) }
        try RunReport(
            machines: fleet.machines.count, connections: load.connections, posts: posts, outcome: outcome
        ).printLine()
    }
}

extension Timestamp {
    static var current: Timestamp { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }
}

extension [Result] {
    /// Writes the ids of what was answered, one a line: what `verify` looks for.
    func writeAnswered(of posts: [Post], to path: String) throws {
        let ids = filter(\.isAccepted).compactMap { posts[$0.index].snapshotID?.text }
        try (ids.joined(separator: "\n") + "\n").write(toFile: path, atomically: true, encoding: .utf8)
    }
}
