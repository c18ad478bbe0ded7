import Bytes
import FoundationEssentials
import JOSE

/// Fetches a JSON document that may be kept.
enum JSONDocument {
    static func fetch(
        _ url: String, _ http: any HTTPExchange, _ now: @Sendable () -> Date
    ) async throws(RelyingPartyError) -> (JSON, DocumentLife) {
        let response: UpstreamResponse
        do {
            response = try await http.send(
                UpstreamRequest(.get, url, headers: [.init("Accept", "application/json, application/jwk-set+json")]))
        } catch {
            throw .exchange(error)
        }
        guard response.status == 200 else {
            // A server that has just been started, or a proxy in front of one that is down, says so too.
            let text = "\(url) answered with status \(response.status)"
            throw response.status >= 500 || response.status == 429 ? .exchange(.unreachable(text)) : .invalid(text)
        }
        guard let json = try? JSON(parsing: response.body) else { throw .invalid("\(url) did not answer with JSON") }
        return (json, DocumentLife(response, now: now()))
    }
}

enum DiscoveryDocument {
    /// OpenID Connect Discovery 1.0 §4: any closing slash of the issuer is left out.
    static func url(of issuer: String) -> String {
        issuer.trimmedOfClosing("/") + "/.well-known/openid-configuration"
    }
}

extension String {
    fileprivate func trimmedOfClosing(_ byte: ASCIIByte) -> Substring {
        var rest = self[...]
        while rest.endsWithByte(byte) { rest = rest[..<rest.utf8.index(before: rest.endIndex)] }
        return rest
    }
}
