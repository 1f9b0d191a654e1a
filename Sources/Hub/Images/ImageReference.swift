import Contracts

/// A container image as people and engines name it, taken apart: `nginx`, `ghcr.io/owner/app:1.2@sha256:…`.
///
/// The grammar is that of the reference package of the distribution project; defaults are Docker's: no registry means
/// `docker.io`, one component of a name there means `library/…`, no tag means `latest`. What does not follow the grammar
/// is no reference: parts of it go into URLs.
struct ImageReference: Hashable, Sendable {
    /// Host and port: `docker.io`, `ghcr.io`, `localhost:5000`; lower case.
    let registry: String
    /// `library/nginx`.
    let repository: String
    /// Nil where there is only a digest.
    let tag: String?
    /// Pins the image: `sha256:…`.
    let digest: Digest?

    static let dockerHub = "docker.io"
    /// As the engines' limit.
    private static let longestName = 255
    private static let longestTag = 128

    init?(_ text: String) {
        guard text.utf8.count <= Self.longestName + Self.longestTag + 80 else { return nil }
        var rest = text[...]
        if let at = rest.lastIndex(of: "@") {
            guard let digest = Digest(String(rest[rest.index(after: at)...])) else { return nil }
            self.digest = digest
            rest = rest[..<at]
        } else {
            digest = nil
        }
        let lastSlash = rest.lastIndex(of: "/")
        let lastComponent = lastSlash.map { rest[rest.index(after: $0)...] } ?? rest
        if let colon = lastComponent.firstIndex(of: ":") {
            let tag = String(rest[rest.index(after: colon)...])
            guard Self.isTag(tag) else { return nil }
            self.tag = tag
            rest = rest[..<colon]
        } else {
            tag = digest == nil ? "latest" : nil
        }
        var registry = Self.dockerHub
        if let slash = rest.firstIndex(of: "/") {
            let first = rest[..<slash]
            if first == "localhost" || first.contains(where: { ".:[".contains($0) }) {
                registry = first.lowercased()
                rest = rest[rest.index(after: slash)...]
            }
        }
        if registry == "index.docker.io" || registry == "registry-1.docker.io" { registry = Self.dockerHub }
        let repository = registry == Self.dockerHub && !rest.contains("/") ? "library/\(rest)" : String(rest)
        guard Self.isRegistry(registry), Self.isRepository(repository),
            registry.utf8.count + repository.utf8.count < Self.longestName
        else { return nil }
        self.registry = registry
        self.repository = repository
    }

    /// As Docker shows it: without what is the default, but with the tag.
    var familiar: String {
        var name = registry == Self.dockerHub ? repository : "\(registry)/\(repository)"
        if name.hasPrefix("library/"), registry == Self.dockerHub { name = String(name.dropFirst("library/".count)) }
        return name + (tag.map { ":\($0)" } ?? "") + (digest.map { "@\($0)" } ?? "")
    }

    /// Names of Podman's for images that were built on the machine.
    var isLocal: Bool { registry == "localhost" }

    func isSameRepository(_ other: ImageReference) -> Bool {
        registry == other.registry && repository == other.repository
    }

    // MARK: - Grammar

    /// `host`, `host:port` or `[address]:port`.
    static func isRegistry(_ text: String) -> Bool {
        var host = text[...]
        if let colon = host.lastIndex(of: ":"), host.last != "]" {
            let port = host[host.index(after: colon)...]
            guard (1...5).contains(port.count), port.allSatisfy({ ("0"..."9").contains($0) }), let number = Int(port),
                (1...65_535).contains(number)
            else { return false }
            host = host[..<colon]
        }
        if host.first == "[" {
            return host.last == "]" && host.count > 3
                && host.dropFirst().dropLast().utf8.allSatisfy { Self.isHexadecimal($0) || $0 == 0x3A }
        }
        return !host.isEmpty && host.utf8.count <= 253
            && host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
                (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                    && label.utf8.allSatisfy { isLetterOrDigit($0) || $0 == 0x2D }
            }
    }

    /// Components of lower-case letters and digits, joined by `/`; inside of one `.`, `_`, `__` or dashes separate.
    static func isRepository(_ text: String) -> Bool {
        let components = text.split(separator: "/", omittingEmptySubsequences: false)
        return components.allSatisfy { component in
            guard let first = component.utf8.first, let last = component.utf8.last, isLetterOrDigit(first),
                isLetterOrDigit(last)
            else { return false }
            var separator: [UInt8] = []
            for byte in component.utf8 {
                if isLetterOrDigit(byte) {
                    let isAllowed =
                        separator.count <= 1 || separator == [0x5F, 0x5F] || separator.allSatisfy { $0 == 0x2D }
                    guard isAllowed else { return false }
                    separator = []
                } else {
                    guard byte == 0x2E || byte == 0x5F || byte == 0x2D else { return false }
                    separator.append(byte)
                }
            }
            return true
        }
    }

    static func isTag(_ text: String) -> Bool {
        guard let first = text.utf8.first, (1...longestTag).contains(text.utf8.count) else { return false }
        func isWord(_ byte: UInt8) -> Bool { isLetterOrDigit(byte) || (0x41...0x5A).contains(byte) || byte == 0x5F }
        return isWord(first) && text.utf8.allSatisfy { isWord($0) || $0 == 0x2E || $0 == 0x2D }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte)
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
    }
}
