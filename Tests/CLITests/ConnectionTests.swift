import ArgumentParser
import Contracts
import Foundation
import TestSupport
import Testing
import Transport

@testable import CLI

@Suite struct ConnectionTests {
    private func choose(_ arguments: [String], _ environment: [String: String]) throws -> HubChoice {
        try ConnectionOptions.parse(arguments).choose(environment: environment)
    }

    @Test func `Flags come before the environment, and that before the login`() throws {
        let directory = try TemporaryDirectory()
        let environment = ["XDG_CONFIG_HOME": directory.path]
        let content = LoginFile.Content(urls: ["https://hub:8443"], token: "t", ca: "PEM")
        try LoginFile(environment: environment).write(content)
        let login = try choose([], environment)
        #expect(login.urls == ["https://hub:8443"])
        #expect(login.token == "t")
        #expect(login.trust == .pem(Array("PEM".utf8)))
        let withSocket = environment.merging(["VIGIE_HUB_SOCKET": "/run/x.sock"]) { $1 }
        #expect(try choose([], withSocket).socket == "/run/x.sock")
        #expect(try choose(["--socket", "/y.sock"], withSocket).socket == "/y.sock")
        #expect(try choose(["--data-dir", "/srv/hub"], withSocket).socket == "/srv/hub/hub.sock")
        let token = try directory.write("token", "secret\n")
        let flags = try choose(["--hub", "https://other", "--token-file", token], withSocket)
        #expect(flags == HubChoice(urls: ["https://other"], token: "secret", trust: .system))
    }

    @Test func `Without a hub it says what to do`() throws {
        let directory = try TemporaryDirectory()
        let failure = #expect(throws: CLIFailure.self) {
            try choose([], ["XDG_CONFIG_HOME": directory.path])
        }
        #expect(failure?.status == .unreachable)
        #expect(failure?.text.contains("vigie login") == true)
    }

    @Test func `The login is readable by its owner alone, and replaced whole`() throws {
        let directory = try TemporaryDirectory()
        let file = LoginFile(environment: ["XDG_CONFIG_HOME": directory.file("config")])
        #expect(try file.read() == nil)
        for token in ["first", "second"] {
            try file.write(.init(urls: ["https://hub"], token: token))
            #expect(try file.read()?.token == token)
            let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
        #expect(directory.names("config/vigie") == ["hub.json"])
        try Data("{".utf8).write(to: URL(fileURLWithPath: file.path))
        #expect(throws: CLIFailure.self) { try file.read() }
    }

    @Test(arguments: [
        ["--hub", "https://x"], ["--token-file", "f"], ["--hub", "https://x", "--token-file", "f", "--socket", "s"],
        ["--socket", "s", "--data-dir", "d"],
    ])
    func `Flags that do not go together are refused`(arguments: [String]) {
        #expect(throws: (any Error).self) { try ConnectionOptions.parse(arguments) }
    }

    @Test func `A query is percent-encoded`() {
        var query = Query()
        query.add("name", "a b&c=d/é+%")
        query.add(flag: "stale", true)
        query.add(flag: "offline", false)
        query.add("limit", 5)
        query.add("tag", nil as String?)
        #expect(query.text == "?name=a%20b%26c%3Dd%2F%C3%A9%2B%25&stale=true&limit=5")
    }

    @Test(arguments: [
        (401, CLI.ExitStatus.notAllowed), (403, .notAllowed), (400, .usage), (404, .failure), (500, .failure),
        (503, .unreachable),
    ])
    func `Refusals end as documented`(status: Int, expected: CLI.ExitStatus) {
        var problem = ProblemDocument(type: "about:blank", title: "No", status: status, code: "x")
        problem.detail = "the hub's words"
        let failure = CLIFailure(problem: problem, status: status, hub: "https://hub")
        #expect(failure.status == expected)
        #expect(failure.message.contains("the hub's words"))
    }

    @Test(arguments: ["query_failed", "timed_out"]) func `A refused statement is no wrong command line`(code: String) {
        let problem = ProblemDocument(type: "about:blank", title: "No", status: 400, code: code)
        #expect(CLIFailure(problem: problem, status: 400, hub: "https://hub").status == .failure)
    }

    @Test func `A hub that is not there is unreachable`() async throws {
        let directory = try TemporaryDirectory()
        let client = HubClient(HubChoice(socket: directory.file("no.sock")))
        let failure = await #expect(throws: CLIFailure.self) { _ = try await client.bytes("/v1/hub") }
        #expect(failure?.status == .unreachable)
        #expect(failure?.message == "unable to reach the hub: there is no socket \(directory.file("no.sock"))")
        #expect(failure?.text.contains("vigie login") == true)
    }

    @Test func `Every command has an example in its help`() {
        var commands: [any ParsableCommand.Type] = [VigieCLI.self]
        var seen = 0
        while let command = commands.popLast() {
            let configuration = command.configuration
            let children = configuration.subcommands
            commands += children
            seen += 1
            #expect(!configuration.abstract.isEmpty)
            if children.isEmpty, command != Version.self {
                #expect(configuration.discussion.contains("EXAMPLE"), "\(command)")
            }
        }
        #expect(seen > 15)
    }
}
