import Contracts
import Crypto
import Foundation

/// Files as a backup keeps them: copied, synced, with the digest of what was read.
enum FileCopy {
    private static let chunk = 1 << 20

    /// Copies a file that changes by being replaced, if at all; the target must not exist.
    static func copy(
        _ source: String, to target: String, progress: (_ done: Int64) -> Void = { _ in }
    ) throws -> (digest: Contracts.Digest, bytes: Int64) {
        let output = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard output >= 0 else { throw SecretFile.Failure(path: target, action: "write", code: errno) }
        defer { close(output) }
        let read = try read(source, progress: progress) { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { write(output, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { throw SecretFile.Failure(path: target, action: "write", code: errno) }
                rest = rest.dropFirst(count)
            }
        }
        guard fsync(output) == 0 else { throw SecretFile.Failure(path: target, action: "write", code: errno) }
        return read
    }

    static func digest(
        of path: String, progress: (_ done: Int64) -> Void = { _ in }
    ) throws -> (digest: Contracts.Digest, bytes: Int64) {
        try read(path, progress: progress) { _ in }
    }

    private static func read(
        _ path: String, progress: (Int64) -> Void, _ body: ([UInt8]) throws -> Void
    ) throws -> (digest: Contracts.Digest, bytes: Int64) {
        let input = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard input >= 0 else { throw SecretFile.Failure(path: path, action: "read", code: errno) }
        defer { close(input) }
        var hash = Crypto.SHA256()
        var total: Int64 = 0
        while true {
            var code: Int32 = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: chunk) { buffer, count in
                let found = Foundation.read(input, buffer.baseAddress, buffer.count)
                code = found < 0 ? errno : 0
                count = max(0, found)
            }
            if code == EINTR { continue }
            guard code == 0 else { throw SecretFile.Failure(path: path, action: "read", code: code) }
            guard !bytes.isEmpty else {
                return (Contracts.Digest(sha256: Array(hash.finalize())), total)
            }
            hash.update(data: bytes)
            try body(bytes)
            total += Int64(bytes.count)
            progress(total)
        }
    }
}
