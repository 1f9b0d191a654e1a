import ArgumentParser
import Contracts
import Foundation
import Logging

/// `vigie-hub images`
struct ImagesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "images", abstract: "What registries have of the images on machines.",
        subcommands: [ImagesCheck.self])
}

/// `vigie-hub images check`
struct ImagesCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Ask registries now whether there are newer images.",
        discussion: """
            A hub that serves asks by itself, about once a day for each tag. This asks now, for all tags or for one, \
            within the same budget of requests, and only registries that the configuration allows.

            Examples:
              vigie-hub images check
              vigie-hub images check nginx:1.27
              vigie-hub images check ghcr.io/owner/app -o json
            """)

    @Argument(help: "An image as engines name it; without it all that machines have.")
    var image: String?

    @OptionGroup var data: DataOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let (store, configuration) = try data.open()
        let logger = Logger(label: "vigie-hub") { _ in StandardErrorLog(forJournal: false) }
        let checker = try ImageChecker.live(store: store, settings: configuration.registries, logger: logger)
        try await checker.synchronize()
        var targets = try await checker.everything()
        if let image {
            guard let reference = ImageReference(image), let tag = reference.tag else {
                throw CommandFailure(.usage, "'\(image)' is no image with a tag, as nginx:1.27 or ghcr.io/owner/app:2")
            }
            guard configuration.registries.allowed.contains(reference.registry) else {
                throw CommandFailure(
                    .configuration,
                    "\(reference.registry) is not in registries.allowed of the configuration; add it to have it asked")
            }
            targets = targets.filter {
                $0.registry == reference.registry && $0.repository == reference.repository && $0.tag == tag
            }
            guard !targets.isEmpty else {
                throw CommandFailure(
                    .noInput, "no machine has \(reference.familiar) with a digest of its registry; see vigie images")
            }
        }
        let results = try await checker.check(targets) { Terminal.progress("asking about \($0)") }
        Terminal.endProgress()
        try AdminRow.show(try results.map { try Self.row($0, store) }, output.output)
    }

    private static func row(_ result: ImageChecker.Result, _ store: SQLiteStore) throws -> AdminRow {
        let target = result.target
        let counts = try store.read {
            try $0.rows(ImageCandidates.summary, target.registry, target.repository, target.tag)
        }
        func count(_ answer: String) -> Int64 {
            counts.first { $0.text("answer") == answer }?["machines"].integer ?? 0
        }
        return AdminRow([
            ("image", .string("\(target)")), ("answer", .string(result.answer)),
            ("up_to_date", .integer(count("up_to_date"))), ("update_available", .integer(count("update_available"))),
            ("detail", .text(result.detail.sqlValue)),
        ])
    }
}
