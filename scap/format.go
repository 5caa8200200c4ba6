package scap

// blockType is the type of a block, its first 4 bytes (falcosecurity/libs at
// 48dfd53, userspace/libscap/scap_savefile.h, *_BLOCK_TYPE*). The types that
// end in Int are those from before the format's first release.
type blockType uint32

const (
	blockSection blockType = 0x0A0D0D0A

	blockMachine    blockType = 0x201
	blockMachineInt blockType = 0x8002ABCD

	blockThreadsV1    blockType = 0x202
	blockThreadsV1Int blockType = 0x8000ABCD
	blockThreadsV2    blockType = 0x207
	blockThreadsV2Int blockType = 0x8013ABCD
	blockThreadsV3    blockType = 0x209
	blockThreadsV3Int blockType = 0x8014ABCD
	blockThreadsV4    blockType = 0x210
	blockThreadsV5    blockType = 0x211
	blockThreadsV6    blockType = 0x212
	blockThreadsV7    blockType = 0x213
	blockThreadsV8    blockType = 0x214
	blockThreadsV9    blockType = 0x215

	blockFDs    blockType = 0x203
	blockFDsInt blockType = 0x8001ABCD
	blockFDsV2  blockType = 0x218

	blockInterfaces    blockType = 0x205
	blockInterfacesInt blockType = 0x8011ABCD
	blockInterfacesV2  blockType = 0x219

	blockUsers    blockType = 0x206
	blockUsersInt blockType = 0x8012ABCD
	blockUsersV2  blockType = 0x220

	blockEvent             blockType = 0x204
	blockEventInt          blockType = 0x8010ABCD
	blockEventFlags        blockType = 0x208
	blockEventV2           blockType = 0x216
	blockEventFlagsV2      blockType = 0x217
	blockEventV2Large      blockType = 0x221
	blockEventFlagsV2Large blockType = 0x222

	// blockInfo is ours, of those that pcapng reserves for local use
	// (draft-ietf-opsawg-pcapng, 10.1): the bytes "FRI" and 0x80.
	blockInfo blockType = 0x80495246
)

const (
	byteOrderMagic        = 0x1A2B3C4D // SHB_MAGIC
	byteOrderMagicSwapped = 0x4D3C2B1A
	majorVersion          = 1 // CURRENT_MAJOR_VERSION
	minorVersion          = 2 // CURRENT_MINOR_VERSION

	blockHeaderBytes  = 8 // type and length
	blockTrailerBytes = 4 // the length again
	minBlockBytes     = blockHeaderBytes + blockTrailerBytes

	// maxSmallEventBytes is the longest block of an event without large
	// payload (userspace/libscap/engine/savefile/savefile.h, READER_BUF_SIZE,
	// which counts from behind the block's header).
	maxSmallEventBytes = 1<<16 + blockHeaderBytes

	sectionBytes     = 16
	machineBytes     = 180 // userspace/libscap/scap_machine_info.h, scap_machine_info, packed
	eventHeaderBytes = 26  // driver/ppm_events_public.h, ppm_evt_hdr, packed
	eventHeaderV1    = 22  // the same without the number of parameters
)

// eventLayout says how the block of an event is laid out.
type eventLayout uint8

const (
	layoutEvent eventLayout = 1 << iota // set for all blocks of events
	layoutV1                            // no number of parameters in the header
	layoutFlags                         // 4 bytes of flags before the header
	layoutLarge                         // may be longer than maxSmallEventBytes
)

// layoutOf is 0 for blocks that hold no event.
func layoutOf(t blockType) eventLayout {
	switch t {
	case blockEventV2:
		return layoutEvent
	case blockEventFlagsV2:
		return layoutEvent | layoutFlags
	case blockEventV2Large:
		return layoutEvent | layoutLarge
	case blockEventFlagsV2Large:
		return layoutEvent | layoutFlags | layoutLarge
	case blockEvent, blockEventInt:
		return layoutEvent | layoutV1
	case blockEventFlags:
		return layoutEvent | layoutV1 | layoutFlags
	}
	return 0
}
