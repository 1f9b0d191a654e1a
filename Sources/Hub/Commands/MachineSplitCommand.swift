import ArgumentParser
import Contracts
import Transport

/// `vigie-hub machine split`
struct MachineSplitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "split", abstract: "Part two hosts that use one identity; the second one must enrol.",
        discussion: """
            A cloned disk or virtual machine takes the agent's token with it; the hub notices and says \
            "clone_suspected". After this the second host is refused, and its agent says that it must enrol; the string \
            for that is printed. The one that looks like the first that ever reported stays; where they look alike, the one \
            whose boot was seen first. --boot chooses otherwise.

            Two hosts with the same machine-id can be told apart until the refused one reboots: then it is noticed again.

            Examples:
              vigie-hub machine split web-01
              vigie-hub machine split web-01 --boot 5d1d8f5e
            """)

    @OptionGroup var data: DataOptions
    @OptionGroup var format: OutputOptions

    @Argument(help: "The machine's name.")
    var name: String

    @Option(help: "The boot of the host to refuse, or the beginning of its id.")
    var boot: String?

    @Option(help: "How long the string for the second host is good: 30m, 1h, 7d.")
    var ttl = Period(seconds: 86_400)

    private struct Answer: Encodable {
        let refused: String
        let kept: String
        let enrollmentString: String

        enum CodingKeys: String, CodingKey {
            case refused, kept
            case enrollmentString = "enrollment_string"
        }
    }

    func run() throws {
        let (store, configuration) = try data.open()
        let announcement = try HubAnnouncement.find(in: store, configuration: configuration)
        let token = SecureRandom.token()
        let now = Clock.now()
        let hosts = try store.administer("machine.split", name, detail: boot) { connection in
            let machine = try MachineAdministration(connection: connection).find(name)
            let hosts = try MachineSplit(connection: connection, now: now).split(machine, name: name, refusing: boot)
            _ = try connection.rows(
                TrustStatements.enrollmentInsert, TokenHash.of(token), now,
                now.adding(milliseconds: Int64(ttl.seconds) * 1000), 1, "", SQLValue.null)
            return hosts
        }
        let string = try ConnectionString(
            purpose: .enrollment, urls: announcement.urls, trust: announcement.trust, token: token
        ).encoded()
        if format.output == .json {
            let answer = Answer(refused: hosts.refused.id, kept: hosts.kept.id, enrollmentString: string)
            return Terminal.say(String(decoding: try CanonicalJSON.encode(answer), as: UTF8.self))
        }
        Terminal.say("\(hosts.kept.words) stays \(name); \(hosts.refused.words) is refused from now on.")
        Terminal.say("On the host that is refused, run")
        Terminal.say("  echo \(string) | sudo vigie-agent enroll --force -")
    }
}
