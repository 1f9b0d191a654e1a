import Contracts

/// What a machine calls its images: tags of images, and what containers were made from.
///
/// A container's image may have lost its tag to a newer one that was pulled since; the container still runs the old one,
/// and its reference tells where a newer one would come from.
enum DockerReferences {
    static func rows(_ payload: DockerV1) -> [DerivedRow] {
        let images = Dictionary((payload.images ?? []).map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var uses: [Key: Int] = [:]
        for image in payload.images ?? [] {
            for tag in image.tags ?? [] {
                guard let reference = ImageReference(tag) else { continue }
                uses[Key(reference: reference, image: image.id)] = 0
            }
        }
        for container in payload.containers ?? [] {
            guard let text = container.image, let id = container.imageID, images[id] != nil, !isID(text, of: id),
                let reference = ImageReference(text)
            else { continue }
            uses[Key(reference: reference, image: id), default: 0] += 1
        }
        return uses.map { key, count in row(key, images[key.image], containers: count) }
            .sorted { ($0.keys[0].text ?? "", $0.keys[1].text ?? "") < ($1.keys[0].text ?? "", $1.keys[1].text ?? "") }
    }

    private struct Key: Hashable {
        var reference: ImageReference
        var image: String
    }

    /// Engines show an image's id, or its beginning, where nothing names it.
    private static func isID(_ text: String, of id: String) -> Bool {
        let digits = id.hasPrefix("sha256:") ? id.dropFirst(7) : id[...]
        return text.hasPrefix("sha256:") || (text.utf8.count >= 12 && digits.hasPrefix(text))
    }

    private static func row(_ key: Key, _ image: DockerV1.Image?, containers: Int) -> DerivedRow {
        let reference = key.reference
        let digests = image?.digests ?? []
        // Without a digest of this very repository it was never pulled from there: built here, loaded, or tagged so.
        let hasDigest =
            !reference.isLocal
            && digests.contains { ImageReference($0).map(reference.isSameRepository) ?? false }
        return DerivedRow(
            keys: [reference.familiar, key.image],
            [
                reference.registry, reference.repository, reference.tag ?? "", reference.digest != nil, hasDigest,
                JSONText.strings(digests), image?.os ?? "", image?.architecture ?? "", image?.variant ?? "",
                containers,
            ])
    }
}
