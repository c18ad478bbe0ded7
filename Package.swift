// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// A module of ours: `Sources/NAME`, with `Tests/NAMETests` beside it.
func module(
    _ name: String, _ dependencies: [Target.Dependency], exclude: [String] = [], resources: [Resource]? = nil
) -> Target {
    .target(name: name, dependencies: dependencies, exclude: exclude, resources: resources, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(name: name + "Tests", dependencies: [.byName(name: name)] + dependencies, swiftSettings: strict)
}

let package = Package(
    name: "dextra",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "dextra", targets: ["dextra"]),
        .library(name: "Dextra", targets: ["Dextra"]),
    ],
    dependencies: [
        .package(url: "https://github.com/hummingbird-project/hummingbird", exact: "2.28.1", traits: []),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", exact: "2.1.1"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", exact: "2.37.6"),
        .package(url: "https://github.com/apple/swift-nio-http2", exact: "1.46.0"),
        .package(url: "https://github.com/apple/swift-http-types", exact: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
        .package(url: "https://github.com/swift-server/async-http-client", exact: "1.37.0"),
        .package(url: "https://github.com/apple/swift-protobuf", exact: "1.39.0", traits: []),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    ],
    targets: [
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CCrypt", pkgConfig: "libcrypt", providers: [.apt(["libcrypt-dev"])]),
        .systemLibrary(name: "CLDAP", pkgConfig: "ldap", providers: [.apt(["libldap2-dev"])]),
        .systemLibrary(name: "CGSSAPI", providers: [.apt(["libkrb5-dev"])]),
        .systemLibrary(name: "CXMLSec", pkgConfig: "xmlsec1-openssl", providers: [.apt(["libxmlsec1-dev"])]),
        .target(name: "COpenSSLExit", dependencies: ["COpenSSL"]),
        module("Bytes", []),
        module("JOSE", ["Bytes", "COpenSSL", "COpenSSLExit"]),
        module("Passwords", ["Bytes", "CCrypt"]),
        module("Workers", ["Bytes"]),
        module("OpenIDConnect", ["Bytes", "JOSE"]),
        module("DexConfiguration", ["Bytes", .product(name: "Yams", package: "Yams")]),
        module(
            "Persistence", ["Bytes", "JOSE", "OpenIDConnect", .product(name: "GRDB", package: "GRDB.swift")],
            resources: [.embedInCode("migrations")]),
        module("Transport", ["Bytes", .product(name: "NIOCore", package: "swift-nio")]),
        module("Directory", ["Bytes", "CLDAP"]),
        module("Kerberos", ["Bytes", "CGSSAPI"]),
        module("XMLSecurity", ["Bytes", "CXMLSec"]),
        module(
            "Upstream",
            [
                "Bytes", "JOSE",
                "OpenIDConnect",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]),
        module(
            "Connectors",
            ["Bytes", "Directory", "JOSE", "Kerberos", "OpenIDConnect", "Passwords", "Upstream", "Workers", "XMLSecurity"]),
        module("Edge", ["Bytes", "JOSE", "OpenIDConnect", "Upstream"]),
        module("Pages", ["Bytes", .product(name: "Mustache", package: "swift-mustache")], resources: [.embedInCode("static")]),
        module(
            "Web",
            [
                "Bytes", "JOSE",
                "OpenIDConnect",
                "Pages",
                "Transport",
                "Workers",
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        module(
            "GRPC",
            [
                "Bytes", "Transport",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ]),
        module(
            "EdgeServer",
            [
                "Bytes", "Edge",
                "GRPC",
                "JOSE",
                "OpenIDConnect",
                "Pages",
                "Transport",
                "Upstream",
                "Web",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOTLS", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ], exclude: ["GRPC/Protocol"]),
        module(
            "Dextra",
            [
                "Bytes", "Connectors", "DexConfiguration", "Directory", "Edge", "EdgeServer", "Kerberos", "OpenIDConnect",
                "Pages",
                "Persistence", "Upstream", "Web",
                "Workers", "XMLSecurity",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        .executableTarget(
            name: "dextra",
            dependencies: [
                "Bytes", "Connectors", "DexConfiguration", "Dextra", "Directory", "Edge", "JOSE", "OpenIDConnect", "Passwords",
                "Persistence",
                "Workers",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            path: "Sources/DextraCommand",
            swiftSettings: strict),
        // For `make bench` alone.
        .executableTarget(
            name: "InProcess", dependencies: ["Edge", "JOSE", "OpenIDConnect", "Upstream"], path: "Benchmarks/InProcess",
            swiftSettings: strict),

        tests("Bytes"),
        tests(
            "Connectors",
            ["Bytes", "Directory", "JOSE", "Kerberos", "OpenIDConnect", "Passwords", "Persistence", "Upstream", "Workers"]),
        tests("DexConfiguration"),
        tests("Dextra", ["JOSE", "OpenIDConnect", "Persistence", .product(name: "Logging", package: "swift-log")]),
        tests("Directory"),
        tests("Edge", ["JOSE", "OpenIDConnect", "Persistence", "Upstream"]),
        tests(
            "EdgeServer",
            [
                "Edge", "GRPC", "OpenIDConnect", "Web", .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ]),
        tests(
            "GRPC",
            [
                "Bytes",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
            ]),
        tests("JOSE"),
        tests("Kerberos"),
        tests("OpenIDConnect", ["Bytes", "JOSE", "Persistence"]),
        tests("Pages", ["Bytes"]),
        tests("Passwords"),
        tests("Persistence", ["Bytes", "JOSE", "OpenIDConnect", .product(name: "GRDB", package: "GRDB.swift")]),
        tests(
            "Transport",
            [
                .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
            ]),
        tests(
            "Upstream",
            ["Bytes", "JOSE", .product(name: "NIOCore", package: "swift-nio"), .product(name: "NIOPosix", package: "swift-nio")]),
        tests(
            "Web",
            [
                "Bytes",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]),
        tests("Workers"),
        tests("XMLSecurity", ["Bytes", "JOSE"]),
        .testTarget(
            name: "DextraCommandTests",
            dependencies: [
                "dextra", "DexConfiguration", "JOSE", "OpenIDConnect", "Passwords", "Persistence",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
    ]
)

// For `make fuzz` alone, which builds everything with libFuzzer's and the address sanitizer's checks.
if Context.environment["DEXTRA_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "Fuzz",
            dependencies: [
                "Bytes", "DexConfiguration", "Edge", "EdgeServer", "JOSE", "OpenIDConnect", "Web", "XMLSecurity",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ], path: "Tests/Fuzz", exclude: ["Corpus", "Dictionaries", "run"], swiftSettings: strict))
}
