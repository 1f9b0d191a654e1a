import ArgumentParser
import Contracts
import Foundation
import NIOCore
import NIOPosix

/// Opens many connections, posts once on each and leaves them open; prints one line of JSON when they are.
struct Idle: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Keep many connections open and idle.",
        discussion: "One snapshot on each, then silence until standard input ends.")

    @Argument(help: "An enrolment string.") var enrollment: String
    @Option(help: "Connections to keep.") var connections = 5000
    @Option(help: "Machines that they belong to, in turn.") var machines = 500
    @Option(help: "Connections that are being opened at a time.") var atATime = 32
    @Option(help: "The server's process, whose CPU time is to be in the report.") var server: Int?

    struct Report: Codable {
        var connections: Int
        var answered: Int
        /// Until the last one was open and answered.
        var seconds: Double
        var processors: ProcessorTimes.Spent
    }

    func run() async throws {
        let string = try ConnectionString(enrollment, purpose: .enrollment)
        let target = try await Target.hub(of: string)
        let fleet = try await Fleet.enroll(machines, with: string.token, at: target)
        let posts = try await fleet.snapshots(connections, endingAt: .current)
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let connector = try target.connector(group)
        let before = ProcessorTimes(server: server)
        let start = NIODeadline.now()
        var clients: [Client] = []
        var answered = 0
        for first in stride(from: 0, to: connections, by: atATime) {
            try await withThrowingTaskGroup(of: (Client, Int).self) { tasks in
                for index in first..<min(connections, first + atATime) {
                    tasks.addTask {
                        let client = try await Client.connect(connector, on: group.next())
                        return (client, try await client.post(posts[index]).status)
                    }
                }
                for try await (client, status) in tasks {
                    clients.append(client)
                    answered += (200..<300).contains(status) ? 1 : 0
                }
            }
        }
        let report = Report(
            connections: clients.count, answered: answered,
            seconds: Double((NIODeadline.now() - start).nanoseconds) / 1e9,
            processors: ProcessorTimes(server: server).spent(since: before))
        print(String(decoding: try CanonicalJSON.encode(report), as: UTF8.self))
        fflush(nil)
        while readLine() != nil {}
        for client in clients { client.close() }
        try await group.shutdownGracefully()
    }
}
