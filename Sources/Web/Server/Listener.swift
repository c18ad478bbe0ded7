import Bytes

/// A socket to listen on and what is served there.
public struct Listener: Sendable {
    /// What logs call it: `http`, `https`, `telemetry`.
    public let name: String
    public let address: ListenAddress
    /// With certificates the listener speaks TLS, and HTTP/2 to clients that ask for it.
    public let certificates: ServerCertificates?
    let content: Content

    enum Content: Sendable {
        case application(WebApplication)
        case connections(any ConnectionHandling)
    }

    public init(
        name: String, address: ListenAddress, certificates: ServerCertificates? = nil, application: WebApplication
    ) {
        self.name = name
        self.address = address
        self.certificates = certificates
        content = .application(application)
    }

    /// - Parameter connections: builds the pipeline of each connection, TLS included.
    public init(
        name: String, address: ListenAddress, certificates: ServerCertificates? = nil, connections: any ConnectionHandling
    ) {
        self.name = name
        self.address = address
        self.certificates = certificates
        content = .connections(connections)
    }
}

/// A host and port as configurations write them: `127.0.0.1:5556`, `[::1]:5556`, `localhost:5556`, `:5556` (all addresses).
public struct ListenAddress: Sendable, Hashable, CustomStringConvertible {
    /// Empty: all addresses of the machine.
    public let host: String
    /// 0: the system chooses a free one, and ``WebServer`` reports it.
    public let port: Int

    public init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    public init(parsing text: String) throws(ListenAddressError) {
        guard let (before, digits) = text.cutLast(at: ":") else { throw ListenAddressError(text: text) }
        guard !digits.isEmpty, digits.utf8.allSatisfy(\.isASCIIDigit), let port = Int(digits), port <= 65535 else {
            throw ListenAddressError(text: text)
        }
        var host = before
        if let inside = host.afterBytes(of: "[")?.beforeBytes(of: "]") {
            host = inside
        } else if host.containsByte(":") {
            throw ListenAddressError(text: text)
        }
        self.init(host: String(host), port: port)
    }

    public var description: String {
        host.containsByte(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    }
}

/// The text is no address such as `127.0.0.1:5556` or `:5556`.
public struct ListenAddressError: Error, Sendable, Hashable, CustomStringConvertible {
    public let text: String

    public var description: String {
        "\"\(text)\" is no listen address: write HOST:PORT, [IPV6]:PORT or :PORT"
    }
}
