import ArgumentParser
import Contracts
import Foundation

/// `vigie-hub tag`
struct TagCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tag", abstract: "Tags that the hub gives by rule.", subcommands: [TagRuleCommand.self])
}

/// `vigie-hub tag rule`
struct TagRuleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rule", abstract: "Rules that give machines tags.",
        subcommands: [TagRuleAdd.self, TagRuleList.self, TagRuleRemove.self])
}

/// `vigie-hub tag rule add`
struct TagRuleAdd: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Give a tag to every machine that fits, now and from now on.",
        discussion: """
            Conditions compare a field with a text by =, !=, like or not like, joined by "and"; in patterns * stands for \
            any letters and ? for one. The fields are name, hostname, kind (physical, vm, lxc, …), virtualization, \
            hardware, kernel, architecture, os_family, os_id, os_version, os_codename, time_zone, agent_version, and image, \
            which fits where one of the machine's containers does. The hub applies rules at once and looks again every \
            minute; a machine that fits no more loses the tag.

            Examples:
              vigie-hub tag rule add web "hostname like 'web-*'"
              vigie-hub tag rule add old-debian "os_id = debian and os_codename != trixie"
              vigie-hub tag rule add postgres "image like '*postgres:*'"
            """)

    @OptionGroup var data: DataOptions

    @Argument(help: "The tag.")
    var tag: String

    @Argument(help: "Which machines get it.")
    var rule: String

    func validate() throws {
        guard MachineName.isValid(tag) else {
            throw ValidationError("the tag may have lower-case letters, digits, dots and dashes")
        }
        do throws(TagRule.Malformed) { _ = try TagRule(rule) } catch { throw ValidationError(error.description) }
    }

    func run() throws {
        let (store, _) = try data.open()
        let rule = rule.trimmingCharacters(in: .whitespacesAndNewlines)
        let counts = try store.administer("tag_rule.add", tag, detail: rule) { connection in
            guard try connection.run(TagRules.insert, tag, rule, Clock.now(), NSUserName()) == 1 else {
                throw CommandFailure(.usage, "\(tag) has this rule already; vigie-hub tag rule list shows it")
            }
            return try TagRules(connection: connection).apply()
        }
        Terminal.say("\(counts.added) machine\(counts.added == 1 ? " gets" : "s get") the tag \(tag)")
    }
}

/// `vigie-hub tag rule list`
struct TagRuleList: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "The rules, and how many machines have their tags.",
        discussion: "Example:\n  vigie-hub tag rule list -o json")

    @OptionGroup var data: DataOptions
    @OptionGroup var format: OutputOptions

    func run() throws {
        let (store, _) = try data.open()
        let rows = try store.read { try $0.rows(TagRules.list) }.map { row in
            AdminRow([
                ("id", .integer(row["id"].integer ?? 0)), ("tag", .text(row["tag"])),
                ("rule", .text(row["expression"])),
                ("machines", .integer(row["machines"].integer ?? 0)), ("created_at", .time(row["created_at"])),
                ("created_by", .text(row["created_by"])),
            ])
        }
        try AdminRow.show(rows, format.output)
    }
}

/// `vigie-hub tag rule remove`
struct TagRuleRemove: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Forget a rule; the tags that only it gave go.",
        discussion: "Example:\n  vigie-hub tag rule remove 3")

    @OptionGroup var data: DataOptions

    @Argument(help: "Its number, as list shows it.")
    var id: Int

    func run() throws {
        let (store, _) = try data.open()
        let counts = try store.administer("tag_rule.remove", String(id)) { connection in
            guard try connection.run(TagRules.delete, id) == 1 else {
                throw CommandFailure(.noInput, "there is no rule \(id); vigie-hub tag rule list shows them")
            }
            return try TagRules(connection: connection).apply()
        }
        Terminal.say(
            "removed rule \(id); \(counts.removed) machine\(counts.removed == 1 ? " loses" : "s lose") its tag")
    }
}
