import Contracts
import Glibc

struct EnrollCommand: Command {
    static let syntax = CommandSyntax(
        name: "enroll",
        abstract: "Make this machine known to a hub.",
        discussion: """
            Takes the string that vigie-hub enrollment create prints. Other users see the arguments of a process: with \
            - the string is read from standard input, with --file from a file.

            Where a daemon runs, it enrols and goes to work at once. A lost answer costs nothing: run it again.

            Example: vigie-agent enroll - < enrollment.txt
            Example: vigie-agent enroll vigie-enroll-1.eyJjYSI6…
            """,
        positional: .init(
            name: "string", help: "The enrolment string, or - to read it from standard input.", isOptional: true),
        options: [
            .init(name: "file", value: "file", help: "File that holds the string.", completion: .file),
            .flag("force", "Give up the identity that this machine has."),
        ] + GlobalOptions.options)

    let string: String?
    let file: String?
    let force: Bool
    let options: GlobalOptions

    init(_ arguments: CommandArguments) throws(UsageError) {
        string = arguments.positional
        file = arguments.value("file")
        force = arguments.flag("force")
        options = try GlobalOptions(arguments)
        guard (string == nil) != (file == nil) else {
            throw UsageError("give the enrolment string, - for standard input, or --file")
        }
    }

    func run() async throws {
        // Before root is given up: the file may be root's alone.
        let text = try readString()
        let context = try CommandContext(options)
        let state = context.state
        try state.prepare()
        if let lock = try StateLock.take(state) {
            let enroller = Enroller(
                state: state, host: context.host, proxy: context.configuration.proxy, logger: context.logger)
            report(try await enroller.enroll(text, replacing: force), isRunning: false)
            withExtendedLifetime(lock) {}
            return
        }
        var request = ControlRequest(.enroll)
        request.string = text
        request.replacing = force
        guard let reply = await ControlSocket.ask(request, state: state), let result = try reply.check().enrollment
        else { throw AgentError.busy(state) }
        report(result, isRunning: true)
    }

    private func readString() throws(AgentError) -> String {
        let bytes: [UInt8]
        if let file {
            do throws(FileFailure) {
                guard let read = try Files.read(file, limit: 64 << 10) else {
                    throw FileFailure(operation: "read", path: file, errno: ENOENT)
                }
                bytes = read
            } catch {
                throw AgentError(
                    error.errno == EACCES ? .permission : .configuration, unableTo: "read the enrolment string",
                    "\(file): \(String(cString: strerror(error.errno)))", advice: "correct --file")
            }
        } else if string == "-" {
            var text = ""
            while text.utf8.count < 64 << 10, let line = readLine() { text += line }
            bytes = Array(text.utf8)
        } else {
            bytes = Array((string ?? "").utf8)
        }
        return String(decoding: bytes, as: UTF8.self).trimmed
    }

    private func report(_ result: Enroller.Result, isRunning: Bool) {
        print("enrolled as \(result.name) (\(result.machineID)) at \(result.hubURLs.joined(separator: ", "))")
        for notice in result.notices { print("note: \(notice)") }
        print(
            isRunning
                ? "the running daemon has begun to report; see vigie-agent status"
                : "start the daemon (systemctl start vigie-agent), or send everything once: vigie-agent once")
    }
}

extension AgentError {
    static func busy(_ state: StateDirectory) -> AgentError {
        AgentError(
            .busy, unableTo: "work on \(state.path)", "another vigie-agent holds its lock and does not answer",
            advice: "try again in a minute, or end the other one")
    }
}
