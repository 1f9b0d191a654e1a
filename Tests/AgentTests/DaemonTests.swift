import Contracts
import Foundation
import TestSupport
import Testing
import Transport

@testable import Agent

/// The daemon in this process, spoken to over its real socket, with a real TLS server as its hub.
struct DaemonTests {
    let server: TestServer
    let directory: TemporaryDirectory
    let state: StateDirectory

    init() throws {
        server = try TestServer()
        directory = try TemporaryDirectory()
        state = StateDirectory(path: directory.file("state"))
        try state.prepare()
        try directory.write("root/etc/os-release", "ID=debian\n")
    }

    private func daemon(notifySocket: String? = nil) throws -> Daemon {
        var configuration = AgentConfiguration()
        // What asks the running system for much is left out; the way is the same for all kinds.
        configuration.kinds[.apt]?.isEnabled = false
        configuration.kinds[.metrics]?.isEnabled = false
        var environment = AgentEnvironment()
        environment.notifySocket = notifySocket
        let fixed = configuration
        return Daemon(
            state: state, host: try Host(root: directory.file("root")), configuration: configuration,
            environment: environment, clock: .system, logger: .silent
        ) { () throws(AgentError) in fixed }
    }

    private func string() throws -> String {
        let certificate = try #require(PEM.certificates(in: server.caPEM).first)
        return try ConnectionString(
            purpose: .enrollment, urls: [server.url],
            trust: .fingerprint(Digest(sha256: SHA256.digest(certificate))), token: "t"
        ).encoded()
    }

    /// Asks until the daemon listens.
    private func ask(_ request: ControlRequest) async throws -> ControlReply {
        while true {
            if let reply = await ControlSocket.ask(request, state: state) { return reply }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    private func until(_ condition: () throws -> Bool) async throws {
        while try !condition() { try await Task.sleep(for: .milliseconds(10)) }
    }

    @Test(.timeLimit(.minutes(1)))
    func waitsIsEnrolledWorksReportsAndStops() async throws {
        let notifications = try NotifySocket(directory.file("notify"))
        let daemon = try daemon(notifySocket: notifications.path)
        let running = Task { try await daemon.run() }

        let waiting = try #require(try await ask(ControlRequest(.status)).status)
        #expect(waiting.running)
        #expect(!waiting.enrolled)
        #expect(await notifications.next().hasPrefix("READY=1\nSTATUS=not enrolled; run vigie-agent enroll"))
        let refused = try await ask(ControlRequest(.once))
        #expect(refused.failure?.code == 78)

        let answer = EnrollmentAnswer(machineID: SampleHead.machineID, name: "web-01", hubURLs: [server.url])
        try server.script([
            .init(status: 201, body: String(decoding: try CanonicalJSON.encode(answer), as: UTF8.self)),
            .accepted(),
        ])
        var enroll = ControlRequest(.enroll)
        enroll.string = try string()
        #expect(try await ask(enroll).enrollment?.name == "web-01")
        #expect(await notifications.next().hasPrefix("READY=1\nSTATUS=working as web-01"))
        // Every kind that is switched on is collected at once and arrives.
        try await until { try server.recorded().filter { $0.path == "/v1/snapshots" }.count >= 2 }

        let once = try #require(try await ask(ControlRequest(.once)).results)
        #expect(once.map(\.kind) == ["docker", "hardware"])
        #expect(once.filter { !$0.isAccepted } == [])
        let status = try #require(try await ask(ControlRequest(.status)).status)
        #expect(status.isHealthy)
        #expect(status.kinds.filter { $0.lastAcceptedAt != nil }.map(\.kind) == ["hardware", "docker"])

        await daemon.stop()
        try await running.value
        #expect(await notifications.next() == "STOPPING=1")
        #expect(!directory.names("state").contains("agent.sock"))
        #expect(directory.names("state").contains("delivery.json"))
    }

    @Test(.timeLimit(.minutes(1)))
    func beginsWhenAnIdentityIsPutThere() async throws {
        try server.script([.accepted()])
        let daemon = try daemon()
        try Identity(
            machineID: SampleHead.machineID, name: "web-01", hubURLs: [server.url], token: "t",
            caBundle: server.caPEM
        ).save(state)
        let running = Task { try await daemon.run() }
        try await until { try server.recorded().count >= 2 }
        // Reading the configuration again collects everything again.
        let before = try server.recorded().count
        await daemon.reload()
        try await until { try server.recorded().count >= before + 2 }
        await daemon.stop()
        try await running.value
    }

    static let client = """
        import socket, sys
        s = socket.socket(socket.AF_UNIX)
        s.connect(sys.argv[1])
        try:
            s.sendall(sys.argv[2].encode())
            s.shutdown(socket.SHUT_WR)
            assert s.recv(100) == b""
        except (BrokenPipeError, ConnectionResetError):
            pass
        """

    @Test(.timeLimit(.minutes(1)))
    func noiseOnTheSocketHurtsNobody() async throws {
        let daemon = try daemon()
        let running = Task { try await daemon.run() }
        _ = try await ask(ControlRequest(.status))
        // One argument of a process is at most 128 KiB.
        for noise in ["", "nonsense\n", "{\"command\":\"reboot\"}", String(repeating: "x", count: 100_000)] {
            // Not on a thread of the pool: the daemon that answers needs it.
            _ = try await DedicatedThread.run { [path = state.socket] in
                Result { try ChildProcess.run("python3", ["-c", Self.client, path, "\(noise)"]) }
            }.get()
        }
        #expect(try await ask(ControlRequest(.status)).status != nil)
        await daemon.stop()
        try await running.value
    }
}
