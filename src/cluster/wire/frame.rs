//! Frames: what records travel in.
//!
//! Owns: the head of a frame, and which frames are none. Must not: keep a state; the window of a link does.

/// Bytes of the head.
pub(crate) const HEAD_BYTES: usize = 40;
/// Nodes of another major version do not understand each other.
pub(crate) const MAJOR: u8 = 1;
/// Nodes of a later minor version know more kinds of records and more fields.
pub(crate) const MINOR: u8 = 0;

/// What a frame is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Records, in order.
    Records,
    /// No records: says what was received, and which number comes next.
    Idle,
    /// The same; and frames behind `received` have been missed.
    Missed,
    /// Asks for a link; its body is a greeting.
    Hello,
    /// Answers that.
    Welcome,
}

const PURPOSES: [Purpose; 5] =
    [Purpose::Records, Purpose::Idle, Purpose::Missed, Purpose::Hello, Purpose::Welcome];

/// The head of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) minor: u8,
    pub(crate) purpose: Purpose,
    /// The process that sends it.
    pub(crate) from_epoch: u32,
    /// Which of the links that this process has had to the reader it is of.
    pub(crate) from_incarnation: u16,
    /// The process that it is for.
    pub(crate) to_epoch: u32,
    /// Which of that process's links to the sender; 0: the sender does not know it.
    pub(crate) to_incarnation: u16,
    /// The number of the frame if it has records, else of the last one that had.
    pub(crate) seq: u64,
    /// The number of the last frame that was received, with none missing before it.
    pub(crate) received: u64,
    /// Bytes behind the head.
    pub(crate) bytes: u32,
}

/// Why a frame cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FrameError {
    /// It is of another major version.
    Major(u8),
    /// It is cut, longer than it says, or none at all.
    Malformed,
}

impl Head {
    /// A frame with this body, whose length it states.
    pub(crate) fn frame(self, body: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEAD_BYTES + body.len());
        let purpose = (0..).zip(PURPOSES).find(|(_, purpose)| *purpose == self.purpose);
        let purpose: u8 = purpose.map_or(0, |(number, _)| number);
        out.extend_from_slice(&[MAJOR, self.minor, purpose, 0]);
        out.extend_from_slice(&self.from_epoch.to_le_bytes());
        out.extend_from_slice(&self.to_epoch.to_le_bytes());
        out.extend_from_slice(&self.from_incarnation.to_le_bytes());
        out.extend_from_slice(&self.to_incarnation.to_le_bytes());
        out.extend_from_slice(&self.seq.to_le_bytes());
        out.extend_from_slice(&self.received.to_le_bytes());
        out.extend_from_slice(&u32::try_from(body.len()).unwrap_or(u32::MAX).to_le_bytes());
        out.extend_from_slice(&[0; 4]);
        debug_assert_eq!(out.len(), HEAD_BYTES, "the head has one length");
        out.extend_from_slice(body);
        out
    }

    /// Reads a frame: its head and its body.
    pub(crate) fn read(frame: &[u8]) -> Result<(Head, &[u8]), FrameError> {
        match frame.first() {
            Some(&MAJOR) => {}
            Some(&other) => return Err(FrameError::Major(other)),
            None => return Err(FrameError::Malformed),
        }
        let (head, body) = frame.split_first_chunk::<HEAD_BYTES>().ok_or(FrameError::Malformed)?;
        let word = |at: usize| u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let half = |at: usize| u16::from_le_bytes([head[at], head[at + 1]]);
        let long = |at: usize| u64::from(word(at)) | u64::from(word(at + 4)) << 32;
        let purpose = *PURPOSES.get(usize::from(head[2])).ok_or(FrameError::Malformed)?;
        let read = Head {
            minor: head[1],
            purpose,
            from_epoch: word(4),
            to_epoch: word(8),
            from_incarnation: half(12),
            to_incarnation: half(14),
            seq: long(16),
            received: long(24),
            bytes: word(32),
        };
        if read.bytes as usize == body.len() { Ok((read, body)) } else { Err(FrameError::Malformed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: Head = Head {
        minor: 7,
        purpose: Purpose::Missed,
        from_epoch: 0x0102_0304,
        from_incarnation: 5,
        to_epoch: 6,
        to_incarnation: 0,
        seq: u64::MAX,
        received: 1,
        bytes: 4,
    };

    #[test]
    fn a_frame_survives_and_a_cut_or_foreign_one_is_none() {
        let frame = HEAD.frame(b"body");
        assert_eq!(Head::read(&frame), Ok((HEAD, &b"body"[..])));
        for cut in 0..frame.len() {
            assert_eq!(Head::read(&frame[..cut]), Err(FrameError::Malformed), "{cut}");
        }
        let mut longer = frame.clone();
        longer.push(0);
        assert_eq!(Head::read(&longer), Err(FrameError::Malformed));
        let mut other = frame.clone();
        other[0] = 2;
        assert_eq!(Head::read(&other), Err(FrameError::Major(2)));
        let mut unknown = frame;
        unknown[2] = 9;
        assert_eq!(Head::read(&unknown), Err(FrameError::Malformed));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_a_frame_or_not(bytes: Vec<u8>) {
            if let Ok((head, body)) = Head::read(&bytes) {
                let again = head.frame(body);
                proptest::prop_assert_eq!(Head::read(&again), Ok((Head { minor: head.minor, ..head }, body)));
            }
        }
    }
}
