import Bytes
import NIOCore
import NIOHPACK
import Testing

@testable import GRPC

struct CallHeadTests {
    static let method = UnaryMethod("/t.T/Echo") { .now($0.message) }

    static func headers(_ changes: [String: String?] = [:]) -> HPACKHeaders {
        var headers: HPACKHeaders = [
            ":method": "POST", ":scheme": "http", ":path": "/t.T/Echo", ":authority": "t", "content-type": "application/grpc",
            "te": "trailers",
        ]
        for (name, value) in changes {
            headers.remove(name: name)
            if let value { headers.add(name: name, value: value) }
        }
        return headers
    }

    private static func read(_ changes: [String: String?]) -> Result<TimeAmount?, CallRefusal> {
        do throws(CallRefusal) {
            return .success(try CallHead(headers(changes), methods: [method.path.exact: method]).timeout)
        } catch {
            return .failure(error)
        }
    }

    @Test(
        arguments: [
            [:], ["content-type": "application/grpc+proto"], ["content-type": "Application/gRPC; charset=utf-8"],
            ["grpc-encoding": "identity"], ["grpc-accept-encoding": "gzip"], ["x-other": "1"],
        ] as [[String: String?]])
    func `A call names its method`(changes: [String: String?]) {
        #expect(Self.read(changes) == .success(nil))
    }

    @Test(
        arguments: [
            (["content-type": nil], 415), (["content-type": "application/json"], 415),
            (["content-type": "application/grpc-web"], 415),
            (["content-type": "application/grpc+json"], 415), (["content-type": "application/grpcx"], 415),
            ([":method": "GET"], 405),
        ] as [([String: String?], Int)])
    func `What is not gRPC gets an HTTP status`(changes: [String: String?], status: Int) {
        #expect(Self.read(changes) == .failure(.notGRPC(status: status)))
    }

    @Test(
        arguments: [
            (["te": nil], .internalError), (["te": "gzip"], .internalError),
            ([":path": "/t.T/echo"], .unimplemented), ([":path": "/t.T/Echo/"], .unimplemented),
            ([":path": "/t.T/Echo?a"], .unimplemented),
            ([":path": nil], .unimplemented), (["grpc-encoding": "gzip"], .unimplemented),
            (["grpc-timeout": "1"], .internalError),
        ] as [([String: String?], GRPCStatus.Code)])
    func `What cannot be called gets a status`(changes: [String: String?], code: GRPCStatus.Code) {
        guard case .failure(.status(let status)) = Self.read(changes) else {
            Issue.record("not refused: \(changes)")
            return
        }
        #expect(status.code == code)
    }

    @Test(
        arguments: [
            ("1H", .hours(1)), ("2M", .minutes(2)), ("3S", .seconds(3)), ("4m", .milliseconds(4)), ("5u", .microseconds(5)),
            ("6n", .nanoseconds(6)), ("0S", .zero), ("00000001S", .seconds(1)), ("99999999M", .minutes(99_999_999)),
            ("99999999H", .hours(1_000_000)), ("", nil), ("S", nil), ("1", nil), ("1s", nil), ("-1S", nil), ("+1S", nil),
            ("1.5S", nil),
            (" 1S", nil), ("123456789S", nil), ("1SS", nil), ("1é", nil),
        ] as [(String, TimeAmount?)])
    func `A timeout has digits and a unit`(text: String, time: TimeAmount?) {
        #expect(CallHead.time(text) == time)
    }

    @Test(arguments: [("plain text", "plain text"), ("50%", "50%25"), ("nö\n", "n%C3%B6%0A"), ("~\u{7F}", "~%7F"), ("", "")])
    func `A message of a status is escaped`(message: String, encoded: String) {
        #expect(GRPCStatus(.notFound, message).encodedMessage == encoded)
    }
}
