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
                defaultValue: InspectionFile.path, completion: .file),
            .init(
                name: "memory-table", value: "file",
                help: """
                    Instead, write the memory modules of the firmware's tables to this file, as a table of their own. \
                    The package's vigie-agent-firmware.service does.
                    """, completion: .file),
        ] + GlobalOptions.options)

    let output: String
    let memoryTable: String?
    let options: GlobalOptions

    init(_ arguments: CommandArguments) throws(UsageError) {
        output = arguments.value("output") ?? InspectionFile.path
        memoryTable = arguments.value("memory-table")
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
        if let memoryTable { return try writeMemoryTable(of: host, to: memoryTable) }
        let commands: any CommandRunning = host.isLive ? CommandRunner() : NoCommands()
        let inspector = Inspector(host: host, settings: configuration.collection, commands: commands)
        let inspection = await inspector.inspect(earlier: InspectionFile.read(host).inspection, now: SystemClock.now())
        if output == "-" {
            print(try CanonicalJSON.pretty(inspection), terminator: "")
            return
        }
        // The agent's group, by the directory that is its own; where there is no agent, the file stays root's.
        try write(
            try CanonicalJSON.encode(inspection), to: output, mode: 0o640,
            group: Privileges.group(of: configuration.stateDirectory))
    }

    /// For systemd to hand to the agent (`LoadCredential=`), so root's alone: the whole table is more than the agent is to
    /// know.
    private func writeMemoryTable(of host: Host, to path: String) throws {
        let bytes: [UInt8]
        do { bytes = try host.bytes(SMBIOS.path, limit: 1 << 20) } catch {
            throw AgentError(
                .inputOutput, unableTo: "hand on the memory modules", error.description,
                advice: error.isAbsence ? "a machine without SMBIOS tells nothing of them" : "run it as root")
        }
        try write(SMBIOS.parse(bytes).memoryModulesAlone(), to: path, mode: 0o600)
    }

    private func write(_ bytes: [UInt8], to path: String, mode: mode_t, group: gid_t? = nil) throws {
        do throws(FileFailure) {
            try Files.write(bytes, to: path, mode: mode, group: group, isDurable: false)
        } catch {
            let missing = error.errno == ENOENT
            throw AgentError(
                missing ? .configuration : .inputOutput, unableTo: "leave what was seen for the agent",
                error.description,
                advice: missing
                    ? "make its directory: systemd-tmpfiles --create vigie-agent.conf"
                    : "check the path and the file system, or name another file")
        }
    }
}
