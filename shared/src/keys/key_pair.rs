//! A parsed key pair: generated or read once, then reused.

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RsaPublicKeyComponents,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64URL;
use zeroize::Zeroizing;

use super::algorithm::SigningAlgorithm;
use super::document::KeyGenerationError;
use super::public_key::PublicKey;

/// The longest signature, in bytes: RSA with 4096 bits.
pub(super) const MAX_SIGNATURE_BYTES: usize = 512;

/// A key pair of one of the algorithms, ready to sign.
pub(super) enum KeyPair {
    Rs256(RsaKeyPair),
    Es256(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
}

impl KeyPair {
    /// Generates a key pair; returns it with its private key in PKCS#8. RSA has 2048 bits.
    pub(super) fn generate(algorithm: SigningAlgorithm) -> Result<(Self, Zeroizing<Vec<u8>>), KeyGenerationError> {
        Ok(match algorithm {
            SigningAlgorithm::Rs256 => {
                let pair = RsaKeyPair::generate(KeySize::Rsa2048)?;
                let der: Pkcs8V1Der<'static> = pair.as_der()?;
                let der = Zeroizing::new(der.as_ref().to_vec());
                (Self::Rs256(pair), der)
            }
            SigningAlgorithm::Es256 => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?;
                let der = Zeroizing::new(pair.to_pkcs8v1()?.as_ref().to_vec());
                (Self::Es256(pair), der)
            }
            SigningAlgorithm::EdDsa => {
                let pair = Ed25519KeyPair::generate()?;
                let der = Zeroizing::new(pair.to_pkcs8v1()?.as_ref().to_vec());
                (Self::EdDsa(pair), der)
            }
        })
    }

    /// Parses a private key in PKCS#8; none where it is not a valid key of this algorithm.
    pub(super) fn read(algorithm: SigningAlgorithm, pkcs8: &[u8]) -> Option<Self> {
        match algorithm {
            SigningAlgorithm::Rs256 => RsaKeyPair::from_pkcs8(pkcs8)
                .ok()
                .filter(|pair| pair.public_modulus_len() <= MAX_SIGNATURE_BYTES)
                .map(Self::Rs256),
            SigningAlgorithm::Es256 => {
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).ok().map(Self::Es256)
            }
            SigningAlgorithm::EdDsa => Ed25519KeyPair::from_pkcs8(pkcs8).ok().map(Self::EdDsa),
        }
    }

    /// The public key; none where the library returns it in an unexpected form.
    pub(super) fn public_key(&self) -> Option<PublicKey> {
        let encode = |bytes: &[u8]| BASE64URL.encode(bytes);
        match self {
            Self::Rs256(pair) => {
                let parts = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
                Some(PublicKey::Rsa { n: encode(&parts.n), e: encode(&parts.e) })
            }
            Self::Es256(pair) => {
                // SEC 1 section 2.3.3: 4, then x and y of 32 bytes each
                let (tag, point) = pair.public_key().as_ref().split_first()?;
                let (x, y) = point.split_at_checked(32)?;
                (*tag == 4 && y.len() == 32).then(|| PublicKey::P256 { x: encode(x), y: encode(y) })
            }
            Self::EdDsa(pair) => Some(PublicKey::Ed25519 { x: encode(pair.public_key().as_ref()) }),
        }
    }

    /// The length of a signature, in bytes.
    pub(super) fn signature_bytes(&self) -> usize {
        match self {
            Self::Rs256(pair) => pair.public_modulus_len(),
            Self::Es256(_) | Self::EdDsa(_) => 64,
        }
    }

    /// Signs the content of `token` and appends a full stop and the signature in base64url (RFC 7515 section 3.1).
    pub(super) fn append_signature(&self, token: &mut String) -> Result<(), Unspecified> {
        match self {
            Self::Rs256(pair) => {
                let mut buffer = [0; MAX_SIGNATURE_BYTES];
                let signature = buffer.get_mut(..pair.public_modulus_len()).ok_or(Unspecified)?;
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), token.as_bytes(), signature)?;
                append(token, signature);
            }
            Self::Es256(pair) => {
                let signature = pair.sign(&SystemRandom::new(), token.as_bytes())?;
                append(token, signature.as_ref());
            }
            Self::EdDsa(pair) => {
                let signature = pair.try_sign(token.as_bytes())?;
                append(token, signature.as_ref());
            }
        }
        Ok(())
    }
}

fn append(token: &mut String, signature: &[u8]) {
    token.push('.');
    BASE64URL.encode_string(signature, token);
}
