import Bytes
import Edge
import EdgeServer
import Synchronization

/// Decides as the targets need it, and remembers what it was asked.
final class Judge: EdgeAnswering {
    /// How many requests are let through; those behind are refused.
    private let most: Int
    private let asked = Mutex<[EdgeRequest]>([])

    init(letting most: Int = .max) {
        self.most = most
    }

    var requests: [EdgeRequest] { asked.withLock { $0 } }

    var answer: EdgeAnswer {
        var answer = EdgeAnswer(status: 200)
        answer.upstreamHeaders = [.init("x-forwarded-user", "ann")]
        answer.removedHeaders = ["x-forwarded-groups"]
        return answer
    }

    /// Path and query as the policies see them: what a backend is to get.
    static func target(of request: EdgeRequest) -> String {
        let path = (try? EdgePath(request.path, .mergeSlashes))?.text ?? request.path
        return request.query.isEmpty ? path : path + "?" + request.query
    }

    /// `/admin` is for nobody. An upgrade would open a connection of its own.
    static func allows(_ request: EdgeRequest) -> Bool {
        !target(of: request).startsWithBytes(of: "/admin") && !request.headers.contains("upgrade")
    }

    func answerNow(_ request: EdgeRequest) -> EdgeAnswer? {
        let number = asked.withLock { requests in
            requests.append(request)
            return requests.count
        }
        return Self.allows(request) && number <= most ? answer : EdgeAnswer(status: 403)
    }

    func answer(_ request: EdgeRequest) async -> EdgeAnswer { answerNow(request) ?? EdgeAnswer(status: 403) }
}
