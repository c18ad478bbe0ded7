import Bytes
import NIOCore
import NIOHPACK

/// What the first fields of a call say: which method, and until when (PROTOCOL-HTTP2.md, "Request-Headers").
struct CallHead {
    let method: UnaryMethod
    /// Nil: the client waits for as long as it takes.
    let timeout: TimeAmount?

    init(_ headers: HPACKHeaders, methods: [ExactText: UnaryMethod]) throws(CallRefusal) {
        var (verb, path, contentType, te, encoding, timeout) = ("", "", "", "", "identity", String?.none)
        for (name, value, _) in headers {
            switch name {
            case ":method": verb = value
            case ":path": path = value
            case "content-type": contentType = value
            case "te": te = value
            case "grpc-encoding": encoding = value
            case "grpc-timeout": timeout = value
            default: break
            }
        }
        guard Self.isGRPC(contentType) else { throw .notGRPC(status: 415) }
        guard verb == "POST" else { throw .notGRPC(status: 405) }
        // What drops it would drop the trailers, too.
        guard te == "trailers" else { throw .status(GRPCStatus(.internalError, "te: trailers is missing")) }
        guard let method = methods[path.exact] else { throw .status(GRPCStatus(.unimplemented, "there is no such method here")) }
        guard encoding == "identity" else { throw .status(GRPCStatus(.unimplemented, "no grpc-encoding is understood here")) }
        self.method = method
        self.timeout = timeout.flatMap(Self.time)
        guard timeout == nil || self.timeout != nil else {
            throw .status(GRPCStatus(.internalError, "grpc-timeout cannot be read"))
        }
    }

    /// Messages are Protocol Buffers, unless another format is named.
    private static func isGRPC(_ contentType: String) -> Bool {
        let end = contentType.utf8.firstIndex { $0 == UInt8(ascii: ";") || $0 == UInt8(ascii: " ") } ?? contentType.endIndex
        let type = contentType[..<end]
        return type.hasSameBytesFoldingASCII(as: "application/grpc")
            || type.hasSameBytesFoldingASCII(as: "application/grpc+proto")
    }

    /// "Timeout": at most 8 digits and a unit. Nil when it is none.
    static func time(_ text: String) -> TimeAmount? {
        let digits = text.utf8.dropLast()
        guard (1...8).contains(digits.count), digits.allSatisfy(\.isASCIIDigit),
            let count = Int64(Substring(digits))
        else { return nil }
        switch text.utf8.last {
        // 11,000 years of hours do not fit into nanoseconds.
        case UInt8(ascii: "H"): return .hours(min(count, 1_000_000))
        case UInt8(ascii: "M"): return .minutes(count)
        case UInt8(ascii: "S"): return .seconds(count)
        case UInt8(ascii: "m"): return .milliseconds(count)
        case UInt8(ascii: "u"): return .microseconds(count)
        case UInt8(ascii: "n"): return .nanoseconds(count)
        default: return nil
        }
    }
}

/// Why a call is not made.
enum CallRefusal: Error, Hashable {
    /// A client of something else than gRPC must not take the answer for a good one.
    case notGRPC(status: Int)
    case status(GRPCStatus)
}
