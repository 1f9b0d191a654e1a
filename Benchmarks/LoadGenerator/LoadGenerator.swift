import ArgumentParser

/// Plays a fleet against a hub: enrols machines, posts metrics snapshots over kept TLS connections, and checks that
/// what was answered stands in the archive exactly once.
@main
struct LoadGenerator: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "LoadGenerator",
        abstract: "Plays a fleet of machines against a hub on loopback.",
        discussion: "Used by 'make bench' and by the kill tests; see docs/performance.md.",
        subcommands: [Run.self, Storm.self, Idle.self, Verify.self, Peer.self, Values.self, Micro.self])
}
