import AsyncHTTPClient
import Bytes
import NIOCore
import NIOPosix
import NIOSSL

extension UpstreamError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unreachable(let text), .untrusted(let text), .tooLarge(let text), .forbidden(let text): text
        case .overloaded: "too many requests wait for an answer already"
        }
    }
}

extension UpstreamError {
    /// What the libraries below say, in words for operators.
    init(_ error: any Error, _ url: UpstreamURL) {
        let place = url.withoutQuery
        switch error {
        case let error as UpstreamError:
            self = error
        case is ForbiddenConnection:
            self = .forbidden("\(url.host) led to an address that no identity provider has")
        case let error as NIOConnectionError:
            self = .unreachable("\(url.origin): \(Self.reason(error))")
        case let error as HTTPClientError:
            self = .unreachable("\(place): \(Self.reason(error))")
        case let error as NIOSSLError:
            self = Self.tls("\(error)", url)
        case let error as NIOSSLExtraError:
            self = Self.tls("\(error)", url)
        case let error as BoringSSLError:
            self = Self.tls("\(error)", url)
        case let error as IOError:
            self = .unreachable("\(url.origin): \(Self.reason(error))")
        case ChannelError.connectTimeout:
            self = .unreachable("\(url.origin): no connection in time")
        case is CancellationError:
            self = .unreachable("\(place): no longer waited for")
        default:
            self = .unreachable("\(place): no usable answer (\(type(of: error)))")
        }
    }

    /// Whether the connection ended before a byte of the answer: then the server may never have seen the request.
    static func isBrokenConnection(_ error: any Error) -> Bool {
        if let error = error as? HTTPClientError { return error == .remoteConnectionClosed }
        return (error as? IOError).map { [connectionReset, brokenPipe].contains($0.errnoCode) } ?? false
    }

    // The C library's names for these need an import of their own on each system.
    #if os(Linux)
        private static let (brokenPipe, connectionReset, connectionRefused): (CInt, CInt, CInt) = (32, 104, 111)
    #else
        private static let (brokenPipe, connectionReset, connectionRefused): (CInt, CInt, CInt) = (32, 54, 61)
    #endif

    private static func tls(_ text: String, _ url: UpstreamURL) -> UpstreamError {
        if text.containsBytes(of: "CERTIFICATE_VERIFY_FAILED") || text.containsBytes(of: "unableToValidateCertificate") {
            return .untrusted(
                "\(url.origin): its certificate is of no authority that is trusted here, or has expired; name the authority in rootCAs"
            )
        }
        if text.containsBytes(of: "failedToValidateHostname") || text.containsBytes(of: "serverHostnameImpossibleToMatch") {
            return .untrusted("\(url.origin): its certificate is for another name")
        }
        if text.containsBytes(of: "WRONG_VERSION_NUMBER") {
            return .unreachable("\(url.origin): what answers there does not speak TLS")
        }
        return .unreachable("\(url.origin): no TLS connection could be made")
    }

    private static func reason(_ error: IOError) -> String {
        switch error.errnoCode {
        case connectionRefused: "connection refused"
        case connectionReset, brokenPipe: "the connection was closed before there was an answer"
        default: error.description
        }
    }

    private static func reason(_ error: NIOConnectionError) -> String {
        if let first = error.connectionErrors.first?.error {
            if let error = first as? IOError { return reason(error) }
            if case .connectTimeout? = first as? ChannelError { return "no connection in time" }
            return "no connection (\(type(of: first)))"
        }
        return "the name \(error.host) cannot be resolved"
    }

    private static func reason(_ error: HTTPClientError) -> String {
        switch error {
        case .deadlineExceeded, .readTimeout, .writeTimeout, .getConnectionFromPoolTimeout: "no answer in time"
        case .connectTimeout: "no connection in time"
        case .tlsHandshakeTimeout: "no TLS connection in time"
        case .remoteConnectionClosed: "the connection was closed before there was an answer"
        case .httpProxyHandshakeTimeout, .invalidProxyResponse: "the proxy does not answer as one"
        case .proxyAuthenticationRequired: "the proxy asks for other credentials"
        default: "\(error)"
        }
    }
}
