public import Bytes
import FoundationEssentials
public import JOSE
public import OpenIDConnect
import Web

/// What a provider is given besides its configuration.
public struct ProviderOptions: Sendable {
    /// Shown on the landing page and in metrics.
    public var version: String
    public var clock: any OpenIDConnect.WallClock
    public var random: any RandomSource
    /// Reads a file of UTF-8 text: keys, certificates, templates.
    public var readFile: @Sendable (String) throws -> String
    /// Adds the small built-in application, signed in by this client of the configuration.
    public var exampleClientID: String?
    /// Threads for passwords and for signatures; by default one for each processor that this process may use.
    public var threads: Int
    /// Variables that name proxies to other servers: `HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`.
    public var environment: [ExactText: String]

    public init(
        version: String, clock: any OpenIDConnect.WallClock = SystemClock(), random: any RandomSource = SystemRandom(),
        readFile: @escaping @Sendable (String) throws -> String, exampleClientID: String? = nil, threads: Int? = nil,
        environment: [ExactText: String] = ProcessInfo.exactEnvironment
    ) {
        self.version = version
        self.clock = clock
        self.random = random
        self.readFile = readFile
        self.exampleClientID = exampleClientID
        self.threads = threads ?? EventLoopCount.available
        self.environment = environment
    }
}
