import Bytes
import Upstream

/// Scheme, host and port of an address (RFC 6454 §4).
struct Origin: Hashable {
    private let text: ExactText

    /// Nil if it is not an absolute address of a web server.
    init?(_ url: String) {
        guard let url = UpstreamURL(url) else { return nil }
        text = url.origin.exact
    }
}
