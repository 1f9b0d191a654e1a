import Contracts
import Foundation

/// User names and passwords for registries, from a file in the form of Docker's `config.json`, which `docker login`
/// writes: `{"auths": {"ghcr.io": {"auth": "base64 of user:password"}}}`.
struct RegistryCredentials: Equatable, Sendable {
    /// By registry, as `ImageReference.registry` says it.
    private(set) var byRegistry: [String: String] = [:]

    static let none = RegistryCredentials()

    /// The value of `Authorization: Basic`.
    subscript(_ registry: String) -> String? { byRegistry[registry] }

    private init() {}

    /// Reads the file, which only its owner may read: root or the hub's user.
    init(path: String) throws {
        func fail(_ text: String) -> ConfigurationFailure {
            ConfigurationFailure(description: "registries.credentials_file: \(path) \(text)")
        }
        // A link to the file, as secrets are often put in place, is as good.
        let real = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: real) else {
            throw fail("cannot be looked at: there is no such file, or the hub's user may not enter its directory")
        }
        guard attributes[.type] as? FileAttributeType == .typeRegular else { throw fail("is no file") }
        guard let mode = attributes[.posixPermissions] as? NSNumber, mode.intValue & 0o077 == 0 else {
            throw fail("may be read by others than its owner; run chmod 0600 \(path)")
        }
        let owner = (attributes[.ownerAccountID] as? NSNumber)?.uint32Value
        guard owner == geteuid() || owner == 0 else {
            throw fail("belongs to somebody else than the hub's user; run chown on it")
        }
        let text: String?
        do { text = try SecretFile.read(path) } catch { throw fail("cannot be read: \(error.description)") }
        guard let found = RegistryCredentials(Array((text ?? "").utf8)) else {
            throw fail("is not of the form that docker login writes: {\"auths\": {\"ghcr.io\": {\"auth\": \"…\"}}}")
        }
        self = found
    }

    /// Nil where the text is of another form.
    init?(_ bytes: [UInt8]) {
        guard let root = try? StrictJSON.read(bytes).root, case .object(let auths)? = root["auths"] else { return nil }
        for member in auths.members {
            var host = member.name[...]
            for scheme in ["https://", "http://"] where host.hasPrefix(scheme) { host = host.dropFirst(scheme.count) }
            var registry = String(host.prefix { $0 != "/" }).lowercased()
            if registry == "index.docker.io" || registry == "registry-1.docker.io" {
                registry = ImageReference.dockerHub
            }
            guard ImageReference.isRegistry(registry) else { return nil }
            if let auth = member.value["auth"]?.stringValue, !auth.isEmpty {
                guard let decoded = Base64.decode(auth), decoded.contains(0x3A) else { return nil }
                byRegistry[registry] = auth
            } else if let user = member.value["username"]?.stringValue,
                let password = member.value["password"]?.stringValue
            {
                byRegistry[registry] = Base64.encode(Array("\(user):\(password)".utf8))
            } else {
                return nil
            }
        }
    }
}
