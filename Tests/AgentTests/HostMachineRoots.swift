import Contracts
import FoundationEssentials
import Glibc
import TestSupport

@testable import Agent

/// The library of fake machines below `Roots`, each in a copy of its own.
enum MachineRoots {
    static let directory = "Tests/AgentTests/Roots"

    /// A name with `+60s` holds only what that machine's files say a minute later.
    static let names = (try? Repository.names(in: directory))?.filter { !$0.hasSuffix("+60s") } ?? []

    /// A copy, so that a second moment can be laid over it and nothing of a test stays in the checkout.
    static func copy(_ name: String) throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        try FileManager.default.copyItem(
            atPath: "\(Repository.root)/\(Self.directory)/\(name)", toPath: directory.file("root"))
        if name == "hostile" { try HostileRoot.addWhatGitCannotHold(directory) }
        return directory
    }

    /// Lays the files of a minute later over the copy. False where the machine has none.
    static func advance(_ name: String, _ directory: TemporaryDirectory) throws -> Bool {
        let later = "\(Repository.root)/\(Self.directory)/\(name)+60s"
        guard let paths = try? FileManager.default.subpathsOfDirectory(atPath: later) else { return false }
        var found = false
        for path in paths {
            var isDirectory = false
            guard FileManager.default.fileExists(atPath: "\(later)/\(path)", isDirectory: &isDirectory),
                !isDirectory
            else { continue }
            let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(later)/\(path)"))
            try directory.write("root/\(path)", Array(bytes))
            found = true
        }
        return found
    }

    static func settings() -> CollectionSettings {
        var settings = CollectionSettings()
        settings.neighbors = true
        return settings
    }
}

/// What a golden file holds: all that a collecting gives.
struct GoldenDocument<Payload: SnapshotPayload>: Encodable {
    var payload: Payload?
    var problems: [Problem]
    var unknown: [String]
    var volatile: JSONValue?

    init(_ collected: Collected) {
        payload = collected.payload as? Payload
        volatile = collected.volatile
        problems = collected.problems
        unknown = collected.unknown
    }
}
