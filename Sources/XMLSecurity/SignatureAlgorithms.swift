import Bytes
import CXMLSec

/// The algorithms that a signature may use. Everything else, HMAC and XSLT among it, is unknown here.
struct SignatureAlgorithms {
    private static let more = "http://www.w3.org/2001/04/xmldsig-more#"

    static let exclusive = "http://www.w3.org/2001/10/xml-exc-c14n#"
    static let exclusiveWithComments = "http://www.w3.org/2001/10/xml-exc-c14n#WithComments"
    static let inclusive = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
    static let enveloped = Namespace.signature + "enveloped-signature"

    let signatures: Set<ExactText>
    let digests: Set<ExactText>
    let transforms: Set<ExactText> = [enveloped.exact, exclusive.exact, exclusiveWithComments.exact]
    /// Of `SignedInfo`, whose form is checked before: inclusive canonicalization can add nothing to it that matters.
    let canonicalizations: Set<ExactText> = [exclusive.exact, exclusiveWithComments.exact, inclusive.exact]
    /// All of them, as xmlsec knows them.
    let classes: [xmlSecTransformId?]

    init(allowsSHA1: Bool) {
        var signatures: Set<ExactText> = []
        for size in ["256", "384", "512"] {
            signatures.formUnion([(Self.more + "rsa-sha" + size).exact, (Self.more + "ecdsa-sha" + size).exact])
        }
        var digests: Set<ExactText> = [
            (Namespace.encryption + "sha256").exact, (Self.more + "sha384").exact, (Namespace.encryption + "sha512").exact,
        ]
        var classes: [xmlSecTransformId?] = [
            xmlSecTransformEnvelopedGetKlass(), xmlSecTransformExclC14NGetKlass(),
            xmlSecTransformExclC14NWithCommentsGetKlass(), xmlSecTransformInclC14NGetKlass(),
            xmlSecOpenSSLTransformSha256GetKlass(), xmlSecOpenSSLTransformSha384GetKlass(),
            xmlSecOpenSSLTransformSha512GetKlass(),
            xmlSecOpenSSLTransformRsaSha256GetKlass(), xmlSecOpenSSLTransformRsaSha384GetKlass(),
            xmlSecOpenSSLTransformRsaSha512GetKlass(), xmlSecOpenSSLTransformEcdsaSha256GetKlass(),
            xmlSecOpenSSLTransformEcdsaSha384GetKlass(), xmlSecOpenSSLTransformEcdsaSha512GetKlass(),
        ]
        if allowsSHA1 {
            signatures.formUnion([(Namespace.signature + "rsa-sha1").exact, (Self.more + "ecdsa-sha1").exact])
            digests.insert((Namespace.signature + "sha1").exact)
            classes += [
                xmlSecOpenSSLTransformSha1GetKlass(), xmlSecOpenSSLTransformRsaSha1GetKlass(),
                xmlSecOpenSSLTransformEcdsaSha1GetKlass(),
            ]
        }
        self.signatures = signatures
        self.digests = digests
        self.classes = classes
    }
}
