import CXMLSec

/// libxml2 and xmlsec1, prepared once and by the first who needs them.
enum Library {
    private static let isReady: Bool = {
        xmlInitParser()
        guard xmlSecInit() >= 0, xmlSecCheckVersionExt(1, 2, 37, xmlSecCheckVersionABICompatible) == 1 else { return false }
        // The error is returned; nobody reads our stderr for it.
        xmlSecErrorsDefaultCallbackEnableOutput(0)
        return xmlSecOpenSSLInit() >= 0
    }()

    /// Must have been called by a thread before it calls anything else of the libraries.
    static func enter() throws(XMLSecurityError) {
        guard isReady else { throw .failed("xmlsec1 with OpenSSL cannot be prepared") }
        // libxml2 keeps one handler a thread, and would print what a stranger's document provokes.
        xmlSetStructuredErrorFunc(nil) { _, _ in }
    }
}
