import Contracts
import Foundation
import HubAPI
import TestSupport
import Testing

@testable import CLI

@Suite struct KnownHostsTests {
    /// A key pair made by ssh-keygen, as a machine's hardware snapshot tells of it.
    private static func makeKey(
        _ directory: TemporaryDirectory, _ name: String, type: String = "ed25519", status: HostKeyStatus = .firstSeen
    ) throws -> HostKeyAnswer {
        let path = directory.file(name)
        try ChildProcess.run("ssh-keygen", ["-q", "-t", type, "-N", "", "-C", "", "-f", path])
        let words = String(decoding: try directory.read("\(name).pub"), as: UTF8.self)
            .split(whereSeparator: \.isWhitespace)
        let fingerprint = try ChildProcess.run("ssh-keygen", ["-l", "-f", path]).split(separator: " ")[1]
        var key = HostKeyAnswer(
            machine: "web-01", type: String(words[0]), fingerprint: String(fingerprint), publicKey: String(words[1]),
            status: status)
        key.names = ["web-01", "web.example.org", "192.0.2.7", "2001:db8::7"]
        return key
    }

    @Test func `ssh-keygen finds each machine by each of its names`() throws {
        let directory = try TemporaryDirectory()
        let keys = [
            try Self.makeKey(directory, "a"), try Self.makeKey(directory, "b", type: "ecdsa", status: .approved),
        ]
        let path = try directory.write("known_hosts", KnownHosts(keys, onlyApproved: false).text)
        let listed = try ChildProcess.run("ssh-keygen", ["-l", "-f", path])
        #expect(listed.split(separator: "\n").count == 2)
        for key in keys { #expect(listed.contains(key.fingerprint)) }
        for name in keys[0].names {
            let found = try ChildProcess.run("ssh-keygen", ["-l", "-F", name, "-f", path])
            for key in keys { #expect(found.contains(key.fingerprint), "\(name)") }
        }
        let stranger = try ChildProcess("ssh-keygen", ["-F", "web-02", "-f", path]).wait()
        #expect(stranger.status == 1)
    }

    @Test func `What nobody vouches for is never in the file, and is named with what to do`() throws {
        let directory = try TemporaryDirectory()
        var keys: [HostKeyAnswer] = []
        for status in HostKeyStatus.allCases {
            var key = try Self.makeKey(directory, status.rawValue, status: status)
            key.machine = status.rawValue
            key.names = [status.rawValue]
            keys.append(key)
        }
        keys[0].withheldNames = ["172.17.0.1", "evil\n* ssh-rsa AAAA"]
        let file = KnownHosts(keys, onlyApproved: false)
        #expect(file.text.split(separator: "\n").map { $0.prefix { $0 != " " } } == ["approved", "first_seen"])
        #expect(file.warnings.count == 4)
        let changed = try #require(keys.first { $0.status == .changed })
        #expect(file.warnings[0].contains("vigie host-keys approve changed \(changed.fingerprint)"))
        #expect(file.warnings[2].contains("is no such key"))
        #expect(file.warnings[3].contains("172.17.0.1, evil * ssh-rsa AAAA"))
        let strict = KnownHosts(keys, onlyApproved: true)
        #expect(strict.text.hasPrefix("approved "))
        #expect(strict.text.split(separator: "\n").count == 1)
        #expect(strict.warnings.contains { $0.contains("is not approved") })
    }

    static let isServerInstalled = geteuid() == 0 && FileManager.default.isExecutableFile(atPath: "/usr/sbin/sshd")

    @Test(
        .enabled(
            if: isServerInstalled, "needs root and openssh-server, which make setup leaves out: it starts a server"))
    func `A real ssh trusts a real sshd by this file alone`() throws {
        let directory = try TemporaryDirectory()
        let key = try Self.makeKey(directory, "host")
        let other = try Self.makeKey(directory, "other")
        try ChildProcess.run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", directory.file("user")])
        let login = String(decoding: try directory.read("user.pub"), as: UTF8.self)
        try directory.write("authorized_keys", login)
        try directory.write(
            "sshd_config",
            """
            HostKey \(directory.file("host"))
            AuthorizedKeysFile \(directory.file("authorized_keys"))
            StrictModes no
            PermitRootLogin yes
            UsePAM no
            PidFile none

            """)
        try FileManager.default.createDirectory(atPath: "/run/sshd", withIntermediateDirectories: true)
        func connect(_ keys: [HostKeyAnswer], _ name: String) throws -> (status: Int32, errors: String) {
            let path = try directory.write("known_hosts", KnownHosts(keys, onlyApproved: false).text)
            // A server of its own for this one connection, over the proxy's pipe: no port, nothing left behind.
            let result = try ChildProcess(
                "ssh",
                [
                    "-F", "none", "-i", directory.file("user"), "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes",
                    "-o", "StrictHostKeyChecking=yes", "-o", "UserKnownHostsFile=\(path)",
                    "-o", "GlobalKnownHostsFile=/dev/null", "-o", "IdentityAgent=none",
                    "-o", "ProxyCommand=/usr/sbin/sshd -i -e -f \(directory.file("sshd_config"))", "root@\(name)",
                    "true",
                ]
            ).wait()
            return (result.status, result.errors)
        }
        for name in key.names {
            let result = try connect([key], name)
            #expect(result.status == 0, "\(name): \(result.errors)")
        }
        let forged = try connect([other], "web-01")
        #expect(forged.status == 255)
        #expect(forged.errors.contains("Host key verification failed"), "\(forged.errors)")
        var changed = key
        changed.status = .changed
        let withheld = try connect([changed], "web-01")
        #expect(withheld.status == 255)
        #expect(withheld.errors.contains("Host key verification failed"), "\(withheld.errors)")
    }
}
