//! The mail that the deployment sent, and the reminders that it contains.

use std::collections::BTreeSet;

use countersign::aws::mailbox::SentMail;

use crate::support::app::App;

/// One telling: to whom, of what, and how many days before.
pub type Telling = (String, String, i64);

impl App {
    /// The mail to an address, oldest first.
    pub fn mail_to(&self, address: &str) -> Vec<SentMail> {
        self.stack.aws.mailbox().mails().into_iter().filter(|mail| mail.to == [address]).collect()
    }

    /// Everything that was told to these addresses, in order; twice where it was told twice.
    pub fn told(&self, addresses: &BTreeSet<String>) -> Vec<Telling> {
        let mut told: Vec<Telling> =
            addresses.iter().flat_map(|to| self.mail_to(to)).flat_map(|m| tellings(&m)).collect();
        told.sort();
        told
    }
}

/// What a mail tells of, read from its text: the secret's id or the client's, and the days that it says are left.
pub fn tellings(mail: &SentMail) -> Vec<Telling> {
    let text = mail.text.as_deref().unwrap();
    let mut told: Vec<Telling> = Vec::new();
    for line in text.lines() {
        let title = line.split_once(". ").filter(|(at, _)| *at == (told.len() + 1).to_string()).map(|(_, title)| title);
        if let Some(title) = title {
            let when = title.rsplit_once(" expire").unwrap().1;
            let left = when.split(' ').find_map(|word| word.parse().ok());
            let left = left.unwrap_or_else(|| i64::from(when.ends_with("tomorrow")));
            told.push((mail.to[0].clone(), String::new(), left));
        } else if let Some((_, what, _)) = told.last_mut() {
            let fact = |name| line.strip_prefix(name).map(|value| value.split([',', ' ']).next().unwrap().to_owned());
            if let Some(id) = fact("   Secret: ").or_else(|| fact("   Client: ")).filter(|_| what.is_empty()) {
                *what = id;
            }
        }
    }
    told
}
