// swift-tools-version: 6.2
import PackageDescription

/// One set of rules for every target: Swift 6, warnings are errors, imports say what they are for.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let toml = Target.Dependency.product(name: "TOMLKit", package: "TOMLKit")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

let package = Package(
    name: "vigie",
    products: [
        .executable(name: "vigie-agent", targets: ["Agent"]),
        .executable(name: "vigie-hub", targets: ["Hub"]),
        .executable(name: "vigie", targets: ["CLI"]),
    ],
    dependencies: [
        // Why each of these and not a rival: docs/decisions/0002-dependencies.md
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        // Types that stand in the interfaces of the ones above.
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
    ],
    targets: [
        .systemLibrary(
            name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CDeflate", pkgConfig: "libdeflate", providers: [.apt(["libdeflate-dev"])]),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        // Only what GRDB's module of SQLite has not.
        .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        // What the kernel and glibc have and Swift cannot call: no library, only headers.
        .systemLibrary(name: "CLinux"),
        .target(name: "Contracts", swiftSettings: strict),
        .target(
            name: "Transport", dependencies: ["CCurl", "CZlib", "CCrypto", "Contracts"], swiftSettings: strict),
        .executableTarget(
            name: "Agent", dependencies: ["CLinux", "Contracts", "Transport", logging],
            swiftSettings: strict),
        // Not in Transport: the agent does without libdeflate.
        .target(name: "Inflate", dependencies: ["CDeflate", "Transport"], swiftSettings: strict),
        .target(name: "HubAPI", dependencies: ["Contracts"], swiftSettings: strict),
        .executableTarget(
            name: "Hub",
            dependencies: [
                "CLinux", "CSQLite", "Contracts", "Transport", "Inflate", "HubAPI", argumentParser, toml, logging,
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "X509", package: "swift-certificates"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "CLI", dependencies: ["Contracts", "Transport", "HubAPI", argumentParser],
            swiftSettings: strict),
        .executableTarget(
            name: "LoadGenerator",
            dependencies: [
                "Contracts", "Transport", "Inflate", argumentParser,
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            path: "Benchmarks/LoadGenerator", swiftSettings: strict),
        .target(
            name: "TestSupport", dependencies: ["Contracts", "Transport"], path: "Tests/TestSupport",
            swiftSettings: strict),
        .testTarget(name: "ContractsTests", dependencies: ["Contracts", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "TransportTests", dependencies: ["Transport", "Inflate", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "AgentTests", dependencies: ["Agent", "Contracts", "Transport", "TestSupport", logging],
            // Whole fake machines, what is expected of them, and recordings: read in place, not resources.
            exclude: ["Roots", "Expected", "Recorded"], swiftSettings: strict),
        .testTarget(
            name: "HubTests",
            dependencies: [
                "Hub", "Contracts", "Transport", "HubAPI", "TestSupport", logging,
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "X509", package: "swift-certificates"),
            ], swiftSettings: strict),
        .testTarget(
            name: "CLITests", dependencies: ["CLI", "Contracts", "Transport", "HubAPI", "TestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "EndToEndTests",
            dependencies: ["Agent", "Hub", "CLI", "LoadGenerator", "Contracts", "Transport", "TestSupport"],
            swiftSettings: strict),
    ]
)
