import CXMLSec

/// Keys for xmlsec1. Who gets one must hand it to a context, which frees it, or free it.
enum Key {
    /// A public or private key in PEM, not encrypted.
    static func read(pem: String) throws(XMLSecurityError) -> xmlSecKeyPtr {
        let bytes = Array(pem.utf8)
        // With a passphrase at hand OpenSSL never asks for one on a terminal.
        guard
            let key = xmlSecOpenSSLAppKeyLoadMemory(
                bytes, UInt32(bytes.count), xmlSecKeyDataFormatPem, "", nil, nil)
        else { throw .unusableKey }
        return key
    }
}
