import CZlib

/// Gzip (RFC 1952) over zlib, in memory and never past a limit.
package enum Gzip {
    package enum Failure: Error, Equatable, CustomStringConvertible {
        /// Not a gzip stream, damaged, or followed by something that is none.
        case notGzip
        /// The stream ends before its trailer.
        case truncated
        /// Inflates to more than the limit, in bytes; inflating stopped there.
        case tooLarge(limit: Int)

        package var description: String {
            switch self {
            case .notGzip: "not a gzip stream, or a damaged one"
            case .truncated: "the gzip stream ends too early"
            case .tooLarge(let limit): "inflates to more than \(limit) bytes"
            }
        }
    }

    /// One gzip member; level 0 (stored) to 9 (smallest). Equal input gives equal bytes: the header has no time.
    package static func compress(_ bytes: [UInt8], level: Int32 = 6) throws(Failure) -> [UInt8] {
        var stream = z_stream()
        guard vigie_deflate_init_gzip(&stream, level) == Z_OK else { throw .notGzip }
        defer { deflateEnd(&stream) }
        let bound = Int(deflateBound(&stream, UInt(bytes.count)))
        var code = Z_OK
        let result = bytes.withUnsafeBufferPointer { input in
            [UInt8](unsafeUninitializedCapacity: bound) { output, count in
                stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
                stream.avail_in = UInt32(clamping: input.count)
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(clamping: bound)
                code = deflate(&stream, Z_FINISH)
                count = bound - Int(stream.avail_out)
            }
        }
        guard code == Z_STREAM_END else { throw .tooLarge(limit: Int(UInt32.max)) }
        return result
    }

    /// All members of a gzip stream, inflated to at most `limit` bytes; anything after the last member is refused.
    package static func inflate(_ bytes: [UInt8], limit: Int) throws(Failure) -> [UInt8] {
        guard !bytes.isEmpty else { throw .truncated }
        var stream = z_stream()
        guard vigie_inflate_init_gzip(&stream) == Z_OK else { throw .notGzip }
        defer { inflateEnd(&stream) }
        var result: [UInt8] = []
        // A guess that fits text; a bomb's first chunk costs no more than the limit.
        result.reserveCapacity(min(limit, bytes.count * 6 + 64))
        var failure: Failure?
        bytes.withUnsafeBufferPointer { input in
            stream.next_in = UnsafeMutablePointer(mutating: input.baseAddress)
            stream.avail_in = UInt32(clamping: input.count)
            do throws(Failure) { try inflateMembers(&stream, into: &result, limit: limit) } catch { failure = error }
        }
        if let failure { throw failure }
        return result
    }

    private static func inflateMembers(
        _ stream: inout z_stream, into result: inout [UInt8], limit: Int
    ) throws(Failure) {
        let size = 64 * 1024
        while true {
            // One byte more than may still come tells "exactly the limit" from "more".
            let room = min(size, limit - result.count + 1)
            var code = Z_OK
            let chunk = [UInt8](unsafeUninitializedCapacity: room) { output, count in
                stream.next_out = output.baseAddress
                stream.avail_out = UInt32(room)
                code = CZlib.inflate(&stream, Z_NO_FLUSH)
                count = room - Int(stream.avail_out)
            }
            result += chunk
            guard result.count <= limit else { throw .tooLarge(limit: limit) }
            switch code {
            case Z_OK: continue
            case Z_STREAM_END:
                if stream.avail_in == 0 { return }
                guard inflateReset(&stream) == Z_OK else { throw .notGzip }
            case Z_BUF_ERROR: throw .truncated
            default: throw .notGzip
            }
        }
    }
}
