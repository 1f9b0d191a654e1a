import Contracts
import Foundation
import Logging
import TestSupport
import Testing

@testable import Agent

struct ConfigurationTests {
    static let sample = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../packaging/agent.toml").standardizedFileURL.path

    @Test func theSampleSaysTheDefaults() throws {
        let text = try String(contentsOfFile: Self.sample, encoding: .utf8)
        #expect(try AgentConfiguration(toml: text) == AgentConfiguration())
        #expect(try AgentConfiguration(toml: "") == AgentConfiguration())
    }

    @Test func theSampleNamesEveryKey() throws {
        let text = try String(contentsOfFile: Self.sample, encoding: .utf8)
        for key in [
            "state_dir", "log_level", "proxy", "enabled", "interval_seconds", "serials", "neighbors", "labels",
            "redacted_labels", "engine_sockets", "compose_roots", "compose_depth", "max_bytes", "max_files",
            "max_age_hours",
        ] {
            #expect(text.contains("\n\(key) = ") || text.contains("\n# \(key) = "), "\(key)")
        }
        for kind in Kind.allCases { #expect(text.contains("[collect.\(kind.rawValue)]")) }
    }

    @Test func everyKeyHasItsEffect() throws {
        let configuration = try AgentConfiguration(
            toml: """
                state_dir = "/srv/vigie"
                log_level = "debug"
                [hub]
                proxy = "socks5h://127.0.0.1:1080"
                [collect.docker]
                enabled = false
                [collect.metrics]
                interval_seconds = 10
                [privacy]
                serials = false
                neighbors = true
                labels = false
                redacted_labels = ["x"]
                [docker]
                engine_sockets = []
                compose_roots = ["/srv"]
                compose_depth = 0
                [spool]
                max_bytes = 1048576
                max_files = 10
                max_age_hours = 1
                """)
        var expected = AgentConfiguration()
        expected.stateDirectory = "/srv/vigie"
        expected.logLevel = .debug
        expected.proxy = "socks5h://127.0.0.1:1080"
        expected.kinds[.docker]?.isEnabled = false
        expected.kinds[.metrics]?.intervalSeconds = 10
        expected.collection.serials = false
        expected.collection.neighbors = true
        expected.collection.labels = false
        expected.collection.redactedLabels = ["x"]
        expected.collection.engineSockets = []
        expected.collection.composeRoots = ["/srv"]
        expected.collection.composeDepth = 0
        expected.spool = .init(maxBytes: 1 << 20, maxFiles: 10, maxAgeHours: 1)
        #expect(configuration == expected)
        #expect(configuration.enabledKinds == [.hardware, .metrics, .apt])
    }

    static let refused: [(text: String, line: Int?, part: String)] = [
        ("stat_dir = \"/x\"", 1, "stat_dir is not known; the file may have state_dir, log_level"),
        ("\n\n[collect.metrics]\ninterval = 5", 4, "collect.metrics.interval is not known"),
        ("[collect.smart]\nenabled = true", 1, "collect.smart is not known"),
        ("[collect.metrics]\ninterval_seconds = 9", 2, "from 10 to 604800"),
        ("[collect.metrics]\ninterval_seconds = \"60\"", 2, "whole number"),
        ("[collect.metrics]\ninterval_seconds = 60.5", 2, "whole number"),
        ("[collect]\nmetrics = true", 2, "must be a section, written as [collect.metrics]"),
        ("[privacy]\nserials = \"yes\"", 2, "true or false"),
        ("[privacy]\nredacted_labels = [1]", 2, "list of texts"),
        ("state_dir = \"relative\"", 1, "absolute path"),
        ("state_dir = \"\"", 1, "text in quotes"),
        ("log_level = \"loud\"", 1, "one of trace, debug"),
        ("[hub]\nproxy = \"proxy:3128\"", 2, "must begin with one of http://"),
        ("[docker]\nengine_sockets = [\"run/docker.sock\"]", 2, "absolute paths"),
        ("[docker]\ncompose_depth = 11", 2, "from 0 to 10"),
        ("[spool]\nmax_age_hours = 169", 2, "from 1 to 168"),
        ("[spool]\nmax_bytes = -1", 2, "whole number"),
        ("state_dir = ", 1, ""),
        ("a = 1\na = 2", nil, ""),
        ("[hub\nproxy = 1", nil, ""),
    ]

    @Test(arguments: refused)
    func refuses(text: String, line: Int?, part: String) {
        #expect {
            try AgentConfiguration(toml: text)
        } throws: { error in
            guard let failure = error as? TOMLDocument.Failure else { return false }
            return (line == nil || failure.line == line) && (part.isEmpty || failure.reason.contains(part))
        }
    }

    @Test func anAbsentDefaultIsTheDefaultsAndAnAbsentChoiceIsAnError() throws {
        let directory = try TemporaryDirectory()
        let path = directory.file("agent.toml")
        #expect(try AgentConfiguration.load(path: path, isExplicit: false) == AgentConfiguration())
        #expect { try AgentConfiguration.load(path: path, isExplicit: true) } throws: {
            ($0 as? AgentError)?.code == .configuration
        }
    }

    @Test func aDirectoryAndBinaryNoiseAreErrorsNotCrashes() throws {
        let directory = try TemporaryDirectory()
        #expect(throws: AgentError.self) {
            try AgentConfiguration.load(path: directory.path, isExplicit: true)
        }
        let path = try directory.write("noise.toml", [UInt8](0...255))
        #expect(throws: AgentError.self) { try AgentConfiguration.load(path: path, isExplicit: true) }
    }
}
