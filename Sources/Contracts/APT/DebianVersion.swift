/// A version of a Debian package, ordered as dpkg orders them: `[epoch:]upstream[-revision]`, deb-version(7).
///
/// Equal means equal to dpkg: `1.0`, `0:1.0` and `1.0-0` are the same version. What dpkg would refuse is compared all
/// the same, so that sorting never fails.
package struct DebianVersion: Sendable, CustomStringConvertible {
    package let text: String

    package init(_ text: String) { self.text = text }

    package var description: String { text }

    /// Below zero where `left` is the older, above zero where it is the newer, zero where dpkg sees no difference.
    package static func compare(_ left: String, _ right: String) -> Int {
        var (left, right) = (left, right)
        return left.withUTF8 { a in
            right.withUTF8 { b in
                let (first, second) = (Parts(a), Parts(b))
                let epochs = order(first.epoch, second.epoch)
                if epochs != 0 { return epochs }
                let upstream = order(first.upstream, second.upstream)
                return upstream != 0 ? upstream : order(first.revision, second.revision)
            }
        }
    }

    private struct Parts {
        let epoch: Slice<UnsafeBufferPointer<UInt8>>
        let upstream: Slice<UnsafeBufferPointer<UInt8>>
        let revision: Slice<UnsafeBufferPointer<UInt8>>

        /// The epoch ends at the first colon, the revision begins after the last hyphen.
        init(_ bytes: UnsafeBufferPointer<UInt8>) {
            let colon = bytes.firstIndex(of: 0x3A)
            epoch = bytes[0..<(colon ?? 0)]
            let rest = bytes[(colon.map { $0 + 1 } ?? 0)...]
            let hyphen = rest.lastIndex(of: 0x2D) ?? rest.endIndex
            upstream = rest[..<hyphen]
            revision = rest[min(hyphen + 1, rest.endIndex)...]
        }
    }

    /// dpkg's `verrevcmp` (lib/dpkg/version.c): runs of other characters and runs of digits in turn, `~` before the
    /// end, letters before everything else, digits as numbers of any length.
    private static func order(
        _ left: Slice<UnsafeBufferPointer<UInt8>>, _ right: Slice<UnsafeBufferPointer<UInt8>>
    ) -> Int {
        var (a, b) = (left.startIndex, right.startIndex)
        let (endA, endB) = (left.endIndex, right.endIndex)
        while a < endA || b < endB {
            while (a < endA && !isDigit(left[a])) || (b < endB && !isDigit(right[b])) {
                let difference = weight(a < endA ? left[a] : nil) - weight(b < endB ? right[b] : nil)
                if difference != 0 { return difference }
                a += 1
                b += 1
            }
            while a < endA, left[a] == 0x30 { a += 1 }
            while b < endB, right[b] == 0x30 { b += 1 }
            var difference = 0
            while a < endA, b < endB, isDigit(left[a]), isDigit(right[b]) {
                if difference == 0 { difference = Int(left[a]) - Int(right[b]) }
                a += 1
                b += 1
            }
            if a < endA, isDigit(left[a]) { return 1 }
            if b < endB, isDigit(right[b]) { return -1 }
            if difference != 0 { return difference }
        }
        return 0
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    private static func weight(_ byte: UInt8?) -> Int {
        guard let byte, !isDigit(byte) else { return 0 }
        if byte == 0x7E { return -1 }
        let lower = byte | 0x20
        return lower >= 0x61 && lower <= 0x7A ? Int(byte) : Int(byte) + 256
    }
}

extension DebianVersion: Comparable {
    package static func < (left: DebianVersion, right: DebianVersion) -> Bool { compare(left.text, right.text) < 0 }
    package static func == (left: DebianVersion, right: DebianVersion) -> Bool { compare(left.text, right.text) == 0 }
}
