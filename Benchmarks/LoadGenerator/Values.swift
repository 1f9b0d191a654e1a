import ArgumentParser
import Contracts

/// Prints one snapshot's values in the form that peers get, and how many they are.
struct Values: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Show the values of one snapshot, as peers get them.")

    func run() throws {
        let payload = try CanonicalJSON.encode(MetricsV1.sample(seed: 0))
        let lines = LineProtocol(try StrictJSON.read(payload).root, machine: "load-0", at: .current)
        print(lines.text + "# \(lines.values) values")
    }
}
