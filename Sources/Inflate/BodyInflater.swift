import CDeflate
package import Transport

/// Inflates the body of a snapshot.
///
/// One gzip member as long as its trailer says, which is what agents send, goes through libdeflate, which takes half of
/// zlib's time for it and knows whole buffers only. Whatever else comes, good or not, is for `Gzip`: it reads piece by
/// piece, never past the limit, and says what is wrong. (libdeflate takes a few codes that RFC 1951 gives no meaning and
/// zlib refuses; a body with such, whose length and checksum hold all the same, is made by hand, and read as it was taken.)
package enum BodyInflater {
    /// What says that it becomes so many times larger is not believed.
    private static let believableRatio = 32
    /// A header without optional fields, no data and a trailer.
    private static let shortest = 18

    /// All members, inflated to at most `limit` bytes.
    package static func inflate(_ body: [UInt8], limit: Int) throws(Gzip.Failure) -> [UInt8] {
        if let result = inflateAtOnce(body, limit: limit) { return result }
        return try Gzip.inflate(body, limit: limit)
    }

    private static func inflateAtOnce(_ body: [UInt8], limit: Int) -> [UInt8]? {
        // An optional field may be a checksum of the header, which libdeflate does not look at.
        guard body.count >= shortest, body[3] == 0 else { return nil }
        let length = body.suffix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
        guard length <= limit, length <= body.count * believableRatio,
            let decompressor = libdeflate_alloc_decompressor()
        else { return nil }
        defer { libdeflate_free_decompressor(decompressor) }
        var isWhole = false
        let result = [UInt8](unsafeUninitializedCapacity: max(1, length)) { output, count in
            var taken = 0
            let code = body.withUnsafeBufferPointer { input in
                libdeflate_gzip_decompress_ex(
                    decompressor, input.baseAddress, input.count, output.baseAddress, length, &taken, &count)
            }
            isWhole = code == LIBDEFLATE_SUCCESS && taken == body.count
            if code != LIBDEFLATE_SUCCESS { count = 0 }
        }
        return isWhole ? result : nil
    }
}
