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

            Two hosts that were restored from one running machine are in the same boot, and nothing tells them apart: an \
            address may be another tomorrow, and may be shared. --both ends the token of both and prints two strings: one \
            for the host that is to stay this machine, one for the other.

            Examples:
              vigie-hub machine split web-01
              vigie-hub machine split web-01 --boot 5d1d8f5e
              vigie-hub machine split web-01 --both
            """)

    @OptionGroup var data: DataOptions
    @OptionGroup var format: OutputOptions

    @Argument(help: "The machine's name.")
    var name: String

    @Option(help: "The boot of the host to refuse, or the beginning of its id.")
    var boot: String?

    @Flag(help: "Send both hosts away; each must enrol.")
    var both = false

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
        let now = Clock.now()
        if both { return try sendAwayBoth(store, announcement, now) }
        let token = EnrollmentToken(at: now, goodFor: ttl.seconds)
        let hosts = try store.administer("machine.split", name, detail: boot) { connection in
            let machine = try MachineAdministration(connection: connection).find(name)
            let hosts = try MachineSplit(connection: connection, now: now).split(machine, name: name, refusing: boot)
            try token.allow(in: connection)
            return hosts
        }
        let string = try token.string(announcement)
        if format.output == .json {
            let answer = Answer(refused: hosts.refused.id, kept: hosts.kept.id, enrollmentString: string)
            return Terminal.say(String(decoding: try CanonicalJSON.encode(answer), as: UTF8.self))
        }
        Terminal.say("\(hosts.kept.words) stays \(name); \(hosts.refused.words) is refused from now on.")
        Terminal.say("On the host that is refused, run")
        Terminal.say(Self.command(string))
    }

    private struct AnswerOfBoth: Encodable {
        let enrollmentStringOfMachine: String
        let enrollmentString: String

        enum CodingKeys: String, CodingKey {
            case enrollmentStringOfMachine = "enrollment_string_of_machine"
            case enrollmentString = "enrollment_string"
        }
    }

    private func sendAwayBoth(_ store: SQLiteStore, _ announcement: HubAnnouncement, _ now: Timestamp) throws {
        guard boot == nil else { throw CommandFailure(.usage, "--boot names one host, --both means two") }
        let staying = EnrollmentToken(at: now, goodFor: ttl.seconds)
        let other = EnrollmentToken(at: now, goodFor: ttl.seconds)
        try store.administer("machine.split", name, detail: "both") { connection in
            let machine = try MachineAdministration(connection: connection).find(name)
            try MachineSplit(connection: connection, now: now).sendAwayBoth(machine)
            try staying.allow(for: machine, in: connection)
            try other.allow(in: connection)
        }
        let answer = AnswerOfBoth(
            enrollmentStringOfMachine: try staying.string(announcement),
            enrollmentString: try other.string(announcement))
        if format.output == .json {
            return Terminal.say(String(decoding: try CanonicalJSON.encode(answer), as: UTF8.self))
        }
        Terminal.say("Both hosts are refused from now on. On the one that is to stay \(name), run")
        Terminal.say(Self.command(answer.enrollmentStringOfMachine))
        Terminal.say("and on the other one")
        Terminal.say(Self.command(answer.enrollmentString))
    }

    private static func command(_ string: String) -> String {
        "  echo \(string) | sudo vigie-agent enroll --force -"
    }
}
