import Bytes
import HTTPTypes
import NIOCore

/// One generation of answers, written out as the bytes of HTTP/1.1.
final class PreparedAnswers: Sendable {
    let generation: Int
    let answers: [PreparedAnswer]
    let bearer: PreparedBearer?

    init(
        _ answers: [ReadyAnswer], generation: Int, bearer: Ready.Bearer?, security: SecurityHeaders,
        crossOrigin: CrossOriginRule, metrics: RequestMetrics
    ) {
        self.generation = generation
        self.answers = answers.map { PreparedAnswer($0, security: security, crossOrigin: crossOrigin, metrics: metrics) }
        self.bearer = bearer.map { PreparedBearer($0, security: security, crossOrigin: crossOrigin, metrics: metrics) }
    }

    func find(_ path: String) -> PreparedAnswer? {
        answers.first { $0.path.hasSameBytes(as: path) }
    }
}

/// One answer in all its forms. Bytes hold a place for the date, 29 bytes at ``PreparedBytes/dateOffset``.
struct PreparedAnswer: Sendable {
    let path: String
    let pathLength: Int
    let name: String
    let cors: Bool
    /// Without CORS fields, for the path that adds them according to the request.
    let response: WebResponse
    let entityTag: String?
    let full: PreparedBytes
    let headOnly: PreparedBytes
    let notModified: PreparedBytes

    init(_ answer: ReadyAnswer, security: SecurityHeaders, crossOrigin: CrossOriginRule, metrics: RequestMetrics) {
        path = answer.path
        pathLength = answer.path.utf8.count
        name = answer.name
        cors = answer.cors
        response = answer.response
        entityTag = answer.response.headers[.eTag]
        var plain = answer.response
        security.apply(to: &plain)
        if answer.cors { crossOrigin.apply(to: &plain, origin: nil) }
        let code = plain.status.code
        let got = metrics.series(code: code, method: .get, handler: answer.name)
        let asked = metrics.series(code: code, method: .head, handler: answer.name)
        full = PreparedBytes(plain, counter: got.prepared(bytes: plain.body.count))
        headOnly = PreparedBytes(plain, withBody: false, counter: asked.prepared(bytes: 0))
        plain.status = .notModified
        let unmodified = metrics.series(code: 304, method: .get, handler: answer.name)
        notModified = PreparedBytes(plain, withBody: false, counter: unmodified.prepared(bytes: 0))
    }

    /// RFC 9110 §13.1.2: `*`, or one of a list, compared weakly.
    func matches(ifNoneMatch value: String) -> Bool {
        guard let entityTag else { return false }
        if value.hasSameBytes(as: entityTag) || value == "*" { return true }
        let own = entityTag.afterBytes(of: "W/") ?? entityTag[...]
        return value.fields(at: ",").contains { candidate in
            let candidate = candidate.trimmedOfOptionalWhitespace
            return (candidate.afterBytes(of: "W/") ?? candidate).hasSameBytes(as: own)
        }
    }
}

/// The answer to a bearer: all but the length and the body is the same for everyone.
struct PreparedBearer: Sendable {
    let path: String
    let name: String
    let pathLength: Int
    let answers: BearerAnswers
    /// Ends behind `Content-Length: `.
    let head: PreparedBytes
    let series: RequestSeries

    init(_ bearer: Ready.Bearer, security: SecurityHeaders, crossOrigin: CrossOriginRule, metrics: RequestMetrics) {
        path = bearer.path
        name = bearer.name
        pathLength = bearer.path.utf8.count
        answers = bearer.answers
        var response = WebResponse.json(serialized: [])
        security.apply(to: &response)
        crossOrigin.apply(to: &response, origin: nil)
        series = metrics.series(code: 200, method: .get, handler: bearer.name)
        head = PreparedBytes(openEnded: response, counter: series.prepared(bytes: 0))
    }
}
