import Contracts
import Glibc

struct InspectCommand: Command {
    static let syntax = CommandSyntax(
        name: "inspect",
        abstract: "Look, as root, at what only root may read, and leave it for the agent.",
        discussion: """
            SMART of the disks (a sleeping one is not woken), serial number and memory modules, the management \
            controller's address, sizes of LVM and ZFS, services that still run deleted programs or libraries. Without \
            it these are unknown. Changes nothing, uses no network, writes one file that the agent's group may read.

            The package brings vigie-agent-inspect.timer, which runs it hourly once it is enabled: \
            systemctl enable --now vigie-agent-inspect.timer

            Example: vigie-agent inspect --output -
            """,
        options: [
            .init(
                name: "output", value: "output", help: "The file to write; - prints it and writes nothing.",
                defaultValue: InspectionFile.path, completion: .file)
        ] + GlobalOptions.options)

    let output: String
    let options: GlobalOptions

    init(_ arguments: CommandArguments) throws(UsageError) {
        output = arguments.value("output") ?? InspectionFile.path
        options = try GlobalOptions(arguments)
    }

    func run() async throws {
        let configuration = try options.configuration()
        let host = try options.host()
        if host.isLive, geteuid() != 0 {
            throw AgentError(
                .permission, unableTo: "inspect this machine", "only root may read what this is about",
                advice: "run it as root, or enable vigie-agent-inspect.timer")
        }
        let commands: any CommandRunning = host.isLive ? CommandRunner() : NoCommands()
        let inspector = Inspector(host: host, settings: configuration.collection, commands: commands)
        let inspection = await inspector.inspect(earlier: InspectionFile.read(host).inspection, now: SystemClock.now())
        if output == "-" {
            print(try CanonicalJSON.pretty(inspection), terminator: "")
            return
        }
        let bytes = try CanonicalJSON.encode(inspection)
        do throws(FileFailure) {
            // The agent's group, by the directory that is its own; where there is no agent, the file stays root's.
            try Files.write(
                bytes, to: output, mode: 0o640, group: Privileges.group(of: configuration.stateDirectory),
                isDurable: false)
        } catch {
            let missing = error.errno == ENOENT
            throw AgentError(
                missing ? .configuration : .inputOutput, unableTo: "leave the inspection for the agent",
                error.description,
                advice: missing
                    ? "make its directory: systemd-tmpfiles --create vigie-agent.conf"
                    : "check the path and the file system, or name another file with --output")
        }
    }
}
