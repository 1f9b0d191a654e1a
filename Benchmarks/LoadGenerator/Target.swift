import Contracts
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Transport

/// Where requests go: a hub over TLS, or a peer in plain HTTP.
struct Target: Sendable {
    var host: String
    var port: Int
    /// What the server's certificate is checked against; nil: no TLS.
    var caPEM: [UInt8]?

    /// The hub of an enrolment string, by its own authority.
    static func hub(of string: ConnectionString) async throws -> Target {
        guard let url = URL(string: string.urls[0]), let host = url.host, let port = url.port else {
            throw LoadFailure("the enrolment string's URL has no port: \(string.urls[0])")
        }
        guard let ca = try await HubTrust.bootstrap(url: string.urls[0], trust: string.trust, proxy: nil) else {
            throw LoadFailure("the load generator plays against a hub with its own CA only")
        }
        return Target(host: host, port: port, caPEM: Array(ca.utf8))
    }

    func connector(_ group: any EventLoopGroup) throws -> Connector {
        guard let caPEM else { return Connector(target: self, context: nil) }
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(caPEM))
        configuration.certificateVerification = .noHostnameVerification
        return Connector(target: self, context: try NIOSSLContext(configuration: configuration))
    }
}

/// Opens HTTP connections to a target.
struct Connector: Sendable {
    var target: Target
    var context: NIOSSLContext?

    /// - Parameter handler: makes what speaks HTTP on the connection, on its event loop.
    func connect(
        on loop: any EventLoop, handler: @escaping @Sendable () -> some ChannelInboundHandler
    ) -> EventLoopFuture<any Channel> {
        ClientBootstrap(group: loop)
            .channelOption(ChannelOptions.socketOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let context {
                        try pipeline.addHandler(try NIOSSLClientHandler(context: context, serverHostname: nil))
                    }
                    // Not all of addHTTPClientHandlers: what is sent here needs no looking at.
                    try pipeline.addHandlers([
                        OnePiece(), HTTPRequestEncoder(),
                        ByteToMessageHandler(HTTPResponseDecoder(leftOverBytesStrategy: .dropBytes)), handler(),
                    ])
                }
            }
            .connect(host: target.host, port: target.port)
    }
}

/// Why a run cannot go on, in a sentence.
struct LoadFailure: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) { self.description = description }
}
