import Connectors
import DexConfiguration

extension AuthProxyConnector {
    init(_ proxy: Configuration.Connector.AuthProxy, id: String) {
        let trusted = proxy.trustedProxies
        self.init(
            id: id,
            headers: Headers(
                userID: proxy.userIDHeader, user: proxy.userHeader, userName: proxy.userNameHeader, email: proxy.emailHeader,
                groups: proxy.groupHeader, groupSeparator: proxy.groupHeaderSeparator),
            staticGroups: proxy.staticGroups, isTrusted: { address in trusted.contains { $0.contains(address) } })
    }
}
