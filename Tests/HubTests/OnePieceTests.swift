import NIOCore
import NIOEmbedded
import Testing

@testable import Hub

/// What is written of a short answer is one piece, in its order, and whoever wrote it hears of it.
@Suite struct OnePieceTests {
    private func buffer(_ text: String) -> IOData { .byteBuffer(ByteBuffer(string: text)) }

    private func sent(_ channel: EmbeddedChannel) throws -> [String] {
        var all: [String] = []
        while case .byteBuffer(let part) = try channel.readOutbound(as: IOData.self) {
            all.append(String(buffer: part))
        }
        return all
    }

    @Test func `Head, body and end are one piece`() throws {
        let channel = EmbeddedChannel(handler: OnePieceHandler())
        let first = channel.eventLoop.makePromise(of: Void.self)
        let second = channel.eventLoop.makePromise(of: Void.self)
        channel.write(buffer("head "), promise: first)
        channel.write(buffer("body"), promise: nil)
        channel.write(buffer(""), promise: second)
        #expect(try sent(channel) == [])
        channel.flush()
        #expect(try sent(channel) == ["head body"])
        try first.futureResult.wait()
        try second.futureResult.wait()
        channel.flush()
        #expect(try sent(channel) == [])
        #expect(try channel.finish().isClean)
    }

    @Test func `What is long goes as it came, behind what was written before`() throws {
        let channel = EmbeddedChannel(handler: OnePieceHandler())
        let long = String(repeating: "x", count: 5000)
        for text in ["head ", long, "a", "b"] { channel.write(buffer(text), promise: nil) }
        channel.flush()
        #expect(try sent(channel) == ["head ", long, "ab"])
        #expect(try channel.finish().isClean)
    }

    @Test func `What was never flushed is not sent when the connection closes`() throws {
        let channel = EmbeddedChannel(handler: OnePieceHandler())
        channel.write(buffer("head"), promise: nil)
        channel.close(promise: nil)
        #expect(try sent(channel) == [])
    }
}
