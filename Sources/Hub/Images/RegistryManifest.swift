import Contracts

/// What an image is for: operating system, architecture, variant. Empty where it is not said.
struct ImagePlatform: Hashable, Sendable, CustomStringConvertible {
    var os: String
    var architecture: String
    var variant: String

    var description: String {
        [os, architecture, variant].filter { !$0.isEmpty }.joined(separator: "/")
    }
}

/// A manifest, or an index of manifests, of a registry: the OCI image specification, and Docker's schema 2 before it.
enum RegistryManifest: Equatable, Sendable {
    /// One image; its configuration's digest is what engines call the image's id.
    case image(configuration: Digest?)
    /// One image for each platform.
    case index([Entry])

    struct Entry: Equatable, Sendable {
        var digest: Digest
        var platform: ImagePlatform
    }

    static let mediaTypes = [
        "application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json",
    ]
    /// Platforms in an index above this are nobody's.
    private static let entryLimit = 1000

    /// Nil where the bytes are no manifest.
    init?(_ bytes: [UInt8]) {
        guard let root = try? StrictJSON.read(bytes).root, case .object = root else { return nil }
        if let manifests = root["manifests"]?.arrayValue {
            self = .index(
                manifests.prefix(Self.entryLimit).compactMap { item in
                    guard let digest = item["digest"]?.stringValue.flatMap({ Digest($0) }) else { return nil }
                    let platform = item["platform"]
                    func text(_ name: String) -> String { platform?[name]?.stringValue ?? "" }
                    return Entry(
                        digest: digest,
                        platform: ImagePlatform(
                            os: text("os"), architecture: text("architecture"), variant: text("variant")))
                })
        } else if root["config"] != nil || root["layers"] != nil {
            self = .image(configuration: root["config"]?["digest"]?.stringValue.flatMap { Digest($0) })
        } else {
            return nil
        }
    }

    /// The entry for a platform: its variant exactly, else one where either of both does not say.
    static func entry(for platform: ImagePlatform, in entries: [Entry]) -> Entry? {
        let fitting = entries.filter {
            $0.platform.os == platform.os && $0.platform.architecture == platform.architecture
        }
        return fitting.first { $0.platform.variant == platform.variant }
            ?? fitting.first { $0.platform.variant.isEmpty || platform.variant.isEmpty }
    }
}
